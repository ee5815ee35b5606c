package audit

import (
	"cmp"
	"context"
	"slices"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/internal/archived"
)

// history reads entries of credits_trans and of its archive as the one history that
// they are: the first ones for which where holds, by user, seq and id.
//
// That is one statement, which sees each entry where it is at that moment. A reader
// that locks sends two, since no engine locks in both halves of one. It holds the
// account, and without that nothing moves.
func (rd *reader) history(ctx context.Context, limit int, where string, args ...any) ([]credits.Entry, error) {
	const order = "user_uuid, seq, id"
	query := "SELECT " + store.Columns[credits.Entry](rd.db, "t") + " FROM credits_trans AS t WHERE " + where
	var rows []credits.Entry
	if rd.suffix == "" {
		err := rd.db.NewRaw("?", archived.Entries.Ordered(order, limit, query, args...)).Scan(ctx, &rows)
		return rows, err
	}
	for _, half := range []string{query, archived.Entries.Of(query)} {
		var some []credits.Entry
		err := rd.db.NewRaw(half+" ORDER BY "+order+" LIMIT ?"+rd.suffix, append(slices.Clone(args), limit)...).Scan(ctx, &some)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	slices.SortFunc(rows, func(x, y credits.Entry) int {
		return cmp.Or(cmp.Compare(x.UserUUID, y.UserUUID), cmp.Compare(x.Seq, y.Seq), cmp.Compare(x.ID, y.ID))
	})
	return rows[:min(limit, len(rows))], nil
}
