package credits

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// peekAt is peek for some of the accounts. One statement reads an account with its operations
// under the keys. For many accounts that would look up every key in every account, so a second
// statement looks up the pairs: anything that happened in between has changed the account's
// version, and is looked up again under its lock.
func (b *book) peekAt(ctx context.Context, users []string) error {
	columns, entries := "", ""
	var args []any
	together := len(users) == 1 || !b.caps.LocksTogether()
	if together {
		keys := make([]string, len(b.specs))
		for i, s := range b.specs {
			keys[i] = s.key
		}
		columns = ", " + store.Columns[Entry](b.db, "t")
		entries = " LEFT JOIN credits_trans AS t ON t.user_uuid = a.user_uuid AND t.user_uuid IN (?) AND t.op_key IN (?)"
		args = append(args, bun.List(users), bun.List(keys))
	}
	var found []sighting
	err := b.db.NewRaw("SELECT a.user_uuid AS account, a.id AS row_id, a.seq AS sequence, a.as_of_us, "+
		clockOf(b.caps)+" AS clock_us"+columns+" FROM credits AS a"+entries+" WHERE a.user_uuid IN (?)",
		append(args, bun.List(users))...).Scan(ctx, &found)
	if err != nil {
		return err
	}
	wanted := b.wanted()
	for i := range found {
		row := &found[i]
		if err := b.spelled(row.Account); err != nil {
			return err
		}
		b.clock = max(b.clock, row.ClockUs)
		b.versions[row.Account], b.ids[row.Account] = version{row.Sequence, row.AsOfUs}, row.RowID
		b.find(wanted, row.Account, &row.Entry)
	}
	if together {
		return nil
	}
	return b.findPairs(ctx, wanted)
}

// find records an entry of an operation that the specs ask for.
func (b *book) find(wanted map[opRef]bool, user string, e *Entry) {
	if ref := (opRef{user, e.OpKey}); wanted[ref] {
		b.found[ref] = e
	}
}

// maxPairs limits the pairs of one statement.
const maxPairs = 250

// findPairs looks for the specs' operations by their accounts and keys. Accounts
// without entries have none.
func (b *book) findPairs(ctx context.Context, wanted map[opRef]bool) error {
	pairs := make([]opRef, 0, len(wanted))
	for ref := range wanted {
		if b.versions[ref.user].seq > 0 {
			pairs = append(pairs, ref)
		}
	}
	for len(pairs) > 0 {
		n := min(len(pairs), maxPairs)
		if b.caps.Engine == dialect.SQLite {
			n = 1 // a statement that is kept prepared
		}
		found, err := b.readPairs(ctx, pairs[:n])
		if err != nil {
			return err
		}
		for i := range found {
			b.find(wanted, found[i].UserUUID, &found[i])
		}
		pairs = pairs[n:]
	}
	return nil
}

func (b *book) readPairs(ctx context.Context, pairs []opRef) (found []Entry, err error) {
	if len(pairs) == 1 {
		err = rows.Select[Entry](b.db, "t.user_uuid = ? AND t.op_key = ?", pairs[0].user, pairs[0].key).Scan(ctx, &found)
		return found, err
	}
	users, args := make([]string, len(pairs)), make([]any, 0, 2*len(pairs)+1)
	for i, ref := range pairs {
		users[i] = ref.user
		args = append(args, ref.user, ref.key)
	}
	text := "SELECT " + store.Columns[Entry](b.db, "t") + " FROM "
	if b.caps.Engine == dialect.PostgreSQL {
		text += "(VALUES (?, ?)" + strings.Repeat(", (?, ?)", len(pairs)-1) + ") AS v (user_uuid, op_key) " +
			"JOIN credits_trans AS t ON t.user_uuid = v.user_uuid AND t.op_key = v.op_key WHERE t.user_uuid IN (?)"
		args = append(args, bun.List(users))
	} else {
		const pair = "t.user_uuid = ? AND t.op_key = ?"
		text += "credits_trans AS t WHERE t.user_uuid IN (?) AND (" + pair + strings.Repeat(" OR "+pair, len(pairs)-1) + ")"
		args = append([]any{bun.List(users)}, args...)
	}
	err = b.db.NewRaw(text, args...).Scan(ctx, &found)
	return found, err
}
