package credits

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// joinAccountsMySQL joins the new values to the rows by their primary key, in this order: in
// the other, the engine would also lock rows that it only examines.
func (b *book) joinAccountsMySQL(ctx context.Context, accounts []*account) error {
	names, sets, args, latest := joined(accounts, "id", func(a *account) any { return a.ID })
	first := "SELECT ? AS " + strings.Join(names, ", ? AS ")
	next := " UNION ALL SELECT " + strings.Repeat("?, ", len(names)-1) + "?"
	_, err := b.db.NewRaw("UPDATE ("+first+strings.Repeat(next, len(accounts)-1)+") AS v STRAIGHT_JOIN credits AS a FORCE INDEX (PRIMARY) "+
		"ON a.id = v.id SET a."+strings.Join(sets, ", a.")+", a.updated_at = ? WHERE a.user_uuid IN (?)",
		append(args, column.Time(latest), bun.List(accountUsers(accounts)))...).Exec(ctx)
	return err
}
