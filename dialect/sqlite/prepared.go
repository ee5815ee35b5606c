package sqlite

import (
	"context"
	"database/sql/driver"
)

// mostKept limits the statements that a connection keeps prepared.
const mostKept = 64

// keeper is a connection that keeps queries with arguments prepared: they tend to be
// repeated, unlike texts that contain their values. SQLite itself prepares them again
// when the schema has changed.
type keeper struct {
	native

	kept map[string]*keptQuery
}

type keptQuery struct {
	statement interface {
		driver.Stmt
		driver.StmtQueryContext
	}
	// busy means that its rows are being read.
	busy bool
}

// keeping returns conn as a keeper if it implements what that needs.
func keeping(conn driver.Conn) driver.Conn {
	if full, ok := conn.(native); ok {
		return &keeper{native: full, kept: map[string]*keptQuery{}}
	}
	return conn
}

// QueryContext implements driver.QueryerContext.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) == 0 {
		return k.native.QueryContext(ctx, query, args)
	}
	q, err := k.find(ctx, query)
	if err != nil {
		return nil, err
	}
	if q == nil || q.busy {
		return k.native.QueryContext(ctx, query, args)
	}
	rows, err := q.statement.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	q.busy = true
	return newRows(ctx, rows, func() { q.busy = false }), nil
}

// find returns the prepared query, nil if it cannot be kept.
func (k *keeper) find(ctx context.Context, query string) (*keptQuery, error) {
	if q := k.kept[query]; q != nil {
		return q, nil
	}
	prepared, err := k.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	q := &keptQuery{}
	var ok bool
	if q.statement, ok = prepared.(interface {
		driver.Stmt
		driver.StmtQueryContext
	}); !ok {
		return nil, prepared.Close()
	}
	k.makeRoom()
	k.kept[query] = q
	return q, nil
}

// makeRoom closes an arbitrary statement if there are too many.
func (k *keeper) makeRoom() {
	if len(k.kept) < mostKept {
		return
	}
	for text, q := range k.kept {
		if !q.busy {
			delete(k.kept, text)
			_ = q.statement.Close()
			return
		}
	}
}

// IsValid implements driver.Validator.
func (k *keeper) IsValid() bool {
	v, ok := k.native.(driver.Validator)
	return !ok || v.IsValid()
}

// Close implements driver.Conn.
func (k *keeper) Close() error {
	for _, q := range k.kept {
		_ = q.statement.Close()
	}
	return k.native.Close()
}
