package credits

import (
	"context"
	"slices"

	"github.com/chameleon-go/chameleon/credits/internal/store"
)

// operation finds the first entry of the operation under key, which must be of
// one of the kinds; what names it in the error.
//
// Returns a *NotFoundError when there is none.
func (b *book) operation(ctx context.Context, a *account, key, what string, kinds ...Kind) (*Entry, error) {
	first, err := b.firstEntry(ctx, a, key)
	if err != nil {
		return nil, err
	}
	if first == nil || !slices.Contains(kinds, first.OpKind) {
		return nil, notFound(a.UserUUID, what, keyField(what), key)
	}
	return first, nil
}

func (b *book) firstEntry(ctx context.Context, a *account, key string) (*Entry, error) {
	for _, e := range a.entries {
		if e.OpKey == key {
			return e, nil
		}
	}
	if a.virtual {
		return nil, nil
	}
	var rows []Entry
	err := b.db.NewRaw("?", a.history("SELECT "+store.Columns[Entry](b.db, "t")+" FROM credits_trans AS t "+
		"WHERE user_uuid = ? AND op_key = ?", a.UserUUID, key)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	rows = append(rows, a.missedEntries(func(e *Entry) bool { return e.OpKey == key })...)
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// lotByKey returns the lot that was granted under key, and the entry that
// granted it.
//
// Returns a *NotFoundError when there is none.
func (a *account) lotByKey(ctx context.Context, key string) (*lot, *Entry, error) {
	first, err := a.book.operation(ctx, a, key, "grant", KindGrant, KindPaidGrant)
	if err != nil {
		return nil, nil, err
	}
	lots, err := a.book.lotsByID(ctx, a, []int64{first.OpSeq})
	if err != nil {
		return nil, nil, err
	}
	return lots[first.OpSeq], first, nil
}
