package transfer

import (
	"context"
	"database/sql"
	"strings"

	"github.com/uptrace/bun"
)

// catalog are the tables that exist, by name.
type catalog map[string]*liveTable

// add records a column and its position in the primary key, 0 for none.
func (c catalog) add(table string, col *liveColumn, at int) {
	t, ok := c[table]
	if !ok {
		t = &liveTable{}
		c[table] = t
	}
	col.typ = strings.ToLower(col.typ)
	t.columns = append(t.columns, col)
	c.addKey(table, col.name, at)
}

func (c catalog) addKey(table, column string, at int) {
	t, ok := c[table]
	if !ok || at == 0 {
		return
	}
	for len(t.key) < at {
		t.key = append(t.key, "")
	}
	t.key[at-1] = column
}

// each calls fn on every row of a query.
func each(ctx context.Context, q bun.IConn, query string, fn func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
