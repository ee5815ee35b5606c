package credits

import (
	"context"
	"slices"
	"strconv"

	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/list"
)

// runQuery reads entries as they follow one another, where the ledger's own table has
// all of an account's history and nothing else: of an account with legacy rows or
// archived entries it reads nothing. One snapshot tells both.
const runQuery = "SELECT " + lineColumns + " FROM credits_trans AS t " +
	"WHERE t.user_uuid = ? AND t.seq >= ? AND t.seq <= ? AND NOT EXISTS (" + hasLegacy + ") AND NOT EXISTS (" + hasArchived + ")"

// hasArchived finds an archived entry.
const hasArchived = "SELECT 1 FROM credits_trans_archive AS k WHERE k.user_uuid = ?"

// run reads a page of a statement without filters as the run of entries that it is
// made of, nil where that is not enough to tell what the page is. Most operations are
// one entry, and most accounts are whole in one table: there the page is a range of one
// index, whose rows say themselves where operations begin and end. A statement that began
// with legacy rows goes on without it: those that were taken over since are entries now.
func (r *statementReader) run(ctx context.Context) (*list.Page[StatementLine], error) {
	if len(r.p.Types) > 0 || r.p.WithoutHolds || (r.after != nil && r.after.kind != placeLedger) {
		return nil, nil
	}
	first, last, err := r.span(ctx) // which may tell since
	if err != nil || first > last || r.since > 0 {
		return nil, err
	}
	// A page of single entries, one more that tells whether there is a next page, and a
	// few for operations of several.
	wanted := r.limit + 2 + r.limit/8
	entries := make([]Entry, 0, wanted) // as wide as they are, growing would copy them several times
	user := r.p.UserUUID
	err = rows.Read(r.db, runQuery+" ORDER BY t.seq "+r.direction()+" LIMIT "+strconv.Itoa(wanted),
		user, first, last, user, user).Scan(ctx, &entries)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	ops := operationsIn(entries, r.p.OldestFirst)
	switch {
	case len(ops) > r.limit:
	case len(entries) == wanted:
		return nil, nil // the last operation may have more entries
	default:
		return page.Of(linesOf(ops), ""), nil
	}
	ops = ops[:r.limit]
	return page.Of(linesOf(ops), (&head{Entry: ops[r.limit-1][0]}).place().cursor(r.p.scope())), nil
}

// operationsIn groups a run of entries by operation, in the run's order. An operation
// whose first entry is not in the run is left out.
func operationsIn(run []Entry, ascending bool) [][]Entry {
	if !ascending {
		slices.Reverse(run)
	}
	ops := make([][]Entry, 0, len(run))
	for i := range run {
		switch {
		case run[i].OpKind != "":
			ops = append(ops, run[i:i+1])
		case len(ops) > 0:
			last := &ops[len(ops)-1]
			*last = run[i-len(*last) : i+1]
		}
	}
	if !ascending {
		slices.Reverse(ops)
	}
	return ops
}

// linesOf sums operations up.
func linesOf(ops [][]Entry) []StatementLine {
	lines := make([]StatementLine, len(ops))
	for i, op := range ops {
		lines[i] = lineOf(&op[0], op[1:])
	}
	return lines
}
