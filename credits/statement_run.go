package credits

import (
	"context"
	"slices"
	"strconv"

	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/list"
)

// runQuery reads consecutive entries if the ledger's own table contains all of an account's history
// and nothing else: for an account with legacy rows or archived entries it returns nothing. One
// snapshot decides both.
const runQuery = "SELECT " + lineColumns + " FROM credits_trans AS t " +
	"WHERE t.user_uuid = ? AND t.seq >= ? AND t.seq <= ? AND NOT EXISTS (" + hasLegacy + ") AND NOT EXISTS (" + hasArchived + ")"

// hasArchived finds an archived entry.
const hasArchived = "SELECT 1 FROM credits_trans_archive AS k WHERE k.user_uuid = ?"

// run reads a page of a statement without filters as a run of entries, nil if that does not determine
// the page. Most operations have one entry, and most accounts are entirely in one table: then the
// page is a range of one index, and its rows show where operations begin and end. A statement that
// began with legacy rows does not use it, because those that were taken over since are now entries.
func (r *statementReader) run(ctx context.Context) (*list.Page[StatementLine], error) {
	if len(r.p.Types) > 0 || r.p.WithoutHolds || (r.after != nil && r.after.kind != placeLedger) {
		return nil, nil
	}
	first, last, err := r.span(ctx) // which may set since
	if err != nil || first > last || r.since > 0 {
		return nil, err
	}
	// A page of single entries, one more that shows whether there is a next page, and a few
	// for operations with several.
	wanted := r.limit + 2 + r.limit/8
	entries := make([]Entry, 0, wanted) // entries are wide, and a growing slice copies them
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

// operationsIn groups a run of entries by operation, in the run's order. Operations whose first entry
// is not in the run are left out.
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

// linesOf summarizes operations.
func linesOf(ops [][]Entry) []StatementLine {
	lines := make([]StatementLine, len(ops))
	for i, op := range ops {
		lines[i] = lineOf(&op[0], op[1:])
	}
	return lines
}
