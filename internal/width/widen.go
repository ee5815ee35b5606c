package width

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Table is what of a model's table is narrower than a push makes it.
type Table struct {
	Name string
	// Columns hold amounts, or are the numbered key.
	Columns []string
	// Key is the numbered key if it is narrow, MaxKey the most that it holds.
	Key    string
	MaxKey int64
	// Statement widens all of them.
	Statement string
}

// TableOf reads which columns of a model's table are narrow; nil for none.
func TableOf(ctx context.Context, db bun.IDB, model any) (*Table, error) {
	fields := tableOf(db, model)
	read, widen := readPostgres, widenPostgres
	switch caps := dialect.Of(db); {
	case caps.IsMySQL():
		read, widen = readMySQL, widenMySQL
	case caps.Engine != dialect.PostgreSQL: // every integer of SQLite has 64 bits
		return nil, nil
	}
	narrow, err := read(ctx, db, fields.Name)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	t := &Table{Name: fields.Name}
	narrow = slices.DeleteFunc(narrow, func(c column) bool {
		f, ok := fields.FieldMap[c.Name]
		if ok && f.IsPK {
			t.Key, t.MaxKey = c.Name, c.max
		}
		return !ok || !isAmount(f) && !f.IsPK
	})
	if len(narrow) == 0 {
		return nil, nil
	}
	for _, c := range narrow {
		t.Columns = append(t.Columns, c.Name)
	}
	t.Statement = "ALTER TABLE " + t.Name + " " + widen(narrow)
	return t, nil
}
