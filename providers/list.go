package providers

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListParams ask for a page of providers.
type ListParams struct {
	// Enabled lists only those that are switched on.
	Enabled bool
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// List returns a page of providers in the order of their names, without their
// keys: nothing is decrypted or even read.
//
// Errors: *InvalidError; *dialect.Error.
func List(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[Info], error) {
	keys, next, err := read(ctx, db, p.Cursor, p.Limit, func(q *bun.SelectQuery) *bun.SelectQuery {
		if p.Enabled {
			q = q.Where("is_enabled = ?", true)
		}
		return withoutKey(q)
	})
	if err != nil {
		return nil, err
	}
	infos := make([]Info, len(keys))
	for i := range keys {
		infos[i] = *keys[i].info()
	}
	return page.Of(infos, next), nil
}

// read reads rows in the order of their names, which is a cursor's content.
func read(
	ctx context.Context, db bun.IDB, cursor string, limit int, query func(*bun.SelectQuery) *bun.SelectQuery,
) ([]Key, string, error) {
	limit, err := page.Limit(limit)
	if err != nil {
		return nil, "", err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, "", err
	}
	defer done()
	var keys []Key
	q := query(db.NewSelect().Model(&keys)).Order("provider_name").Limit(int64(limit + 1))
	if cursor != "" {
		if err := valid.Text("Cursor", cursor, maxName); err != nil {
			return nil, "", err
		}
		q = q.Where("provider_name > ?", cursor)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, "", dialect.Classify(err)
	}
	if len(keys) <= limit {
		return keys, "", nil
	}
	return keys[:limit], string(keys[limit-1].ProviderName), nil
}
