// Package width checks amounts against the widths of the columns that are to
// hold them. A push makes those 64-bit, but an adopted table has 32-bit ones. A
// server's own refusal would come too late: it aborts a caller's transaction on
// PostgreSQL, and MySQL may clamp the value instead.
//
// The database is asked only about amounts beyond 32 bits.
package width

import (
	"context"
	"math"
	"reflect"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// Tag is the value of the struct tag chameleon on columns that hold amounts.
const Tag = "amount"

// In32Bits reports whether any integer column holds n, but for those of a
// smallint or narrower, which neither the original nor a push ever made.
func In32Bits(n int64) bool { return n >= math.MinInt32 && n <= math.MaxInt32 }

// Columns are the columns of a table that hold amounts and are narrower than 64
// bits, by name.
type Columns struct {
	table  string
	narrow []column
}

// column is one of them.
type column struct {
	Name string
	// Type is the declared type, in lower case.
	Type string
	// Modify is what MySQL is to be told of the column besides its type.
	Modify   string
	min, max int64
}

// Of reads which columns of a model's table are narrow. db is the transaction
// that is going to write.
func Of(ctx context.Context, db bun.IDB, model any) (*Columns, error) {
	table := tableOf(db, model)
	c := &Columns{table: table.Name}
	var err error
	switch caps := dialect.Of(db); {
	case caps.Engine == dialect.PostgreSQL:
		c.narrow, err = readPostgres(ctx, db, table.Name)
	case caps.IsMySQL():
		c.narrow, err = readMySQL(ctx, db, table.Name)
	default: // every integer of SQLite has 64 bits, whatever its column is called
	}
	if err != nil {
		return nil, dialect.Classify(err)
	}
	c.narrow = slices.DeleteFunc(c.narrow, func(col column) bool {
		f, ok := table.FieldMap[col.Name]
		return !ok || !isAmount(f)
	})
	return c, nil
}

// Check returns a *dialect.NarrowColumnError if the column does not hold n.
func (c *Columns) Check(name string, n int64) error {
	i := slices.IndexFunc(c.narrow, func(col column) bool { return col.Name == name })
	if i < 0 || n >= c.narrow[i].min && n <= c.narrow[i].max {
		return nil
	}
	col := c.narrow[i]
	others := slices.Delete(slices.Clone(c.narrow), i, i+1)
	widen := widenPostgres
	if col.Modify != "" {
		widen = widenMySQL
	}
	return &dialect.NarrowColumnError{
		Table: c.table, Column: col.Name, Type: col.Type, Value: n, Min: col.min, Max: col.max,
		Statement: "ALTER TABLE " + c.table + " " + widen(append([]column{col}, others...)),
	}
}

// Check returns a *dialect.NarrowColumnError for the first amount of rows, which
// are pointers to models, that its column does not hold.
func Check(ctx context.Context, db bun.IDB, rows ...any) error {
	for _, row := range rows {
		var columns *Columns
		v := reflect.Indirect(reflect.ValueOf(row))
		for _, f := range tableOf(db, row).Fields {
			n, ok := amount(f, v)
			if !ok || In32Bits(n) {
				continue
			}
			if columns == nil {
				var err error
				if columns, err = Of(ctx, db, row); err != nil {
					return err
				}
			}
			if err := columns.Check(f.Name, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func tableOf(db bun.IDB, model any) *schema.Table {
	return db.Dialect().Tables().Get(reflect.TypeOf(model).Elem())
}

func isAmount(f *schema.Field) bool { return f.StructField.Tag.Get("chameleon") == Tag }

// amount is the amount that a row holds in the field, false for none.
func amount(f *schema.Field, row reflect.Value) (int64, bool) {
	if !isAmount(f) {
		return 0, false
	}
	v := f.Value(row)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return 0, false
		}
		v = v.Elem()
	}
	return v.Int(), true
}
