package providers

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/list"
)

// ListParams name a page of providers.
type ListParams struct {
	// Enabled lists only enabled providers.
	Enabled bool
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// List returns a page of providers ordered by name, without their keys: nothing
// is decrypted, and keys are not even read.
//
// Errors: *InvalidError for a malformed Cursor, one of another list included, or the
// Limit; *dialect.Error.
func List(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[Info], error) {
	scope := fmt.Sprintf("providers/%t", p.Enabled)
	keys, next, err := read(ctx, db, scope, p.Cursor, p.Limit, func(q *bun.SelectQuery) *bun.SelectQuery {
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

// read reads the rows of a list in the order of their names.
func read(
	ctx context.Context, db bun.IDB, scope, cursor string, limit int, query func(*bun.SelectQuery) *bun.SelectQuery,
) ([]Key, string, error) {
	limit, err := page.Limit(limit)
	if err != nil {
		return nil, "", err
	}
	after, err := page.ParseTextCursor(cursor, scope, maxName)
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
		q = q.Where("provider_name > ?", after)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, "", dialect.Classify(err)
	}
	if len(keys) <= limit {
		return keys, "", nil
	}
	return keys[:limit], page.TextCursor(scope, string(keys[limit-1].ProviderName)), nil
}
