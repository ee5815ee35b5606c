package rows

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// unread are the statements of which a row was not read natively; they go by database/sql
// from then on. There are few: their texts do not depend on arguments.
var unread sync.Map //nolint:gochecknoglobals // like the columns of models

// native is where bun sends the text of a statement whose rows the driver's connection reads
// straight into structs. For one row that saves half of what reading costs in Go.
type native struct {
	*direct
	list reflect.Value
	of   *schema.Table
	// read is false if the statement has to be sent in another way.
	read bool
}

// native returns how the rows are read into dest natively, nil where they cannot be.
func (d *direct) native(db bun.IDB, dest any) *native {
	if _, inTx := d.on.(*sql.Tx); inTx || dialect.Of(db).Engine != dialect.PostgreSQL {
		return nil
	}
	list := reflect.ValueOf(dest)
	if list.Kind() != reflect.Pointer || list.Elem().Kind() != reflect.Slice || list.Elem().Type().Elem().Kind() != reflect.Struct {
		return nil
	}
	if _, known := unread.Load(d.text); known {
		return nil
	}
	of := db.Dialect().Tables().Get(list.Elem().Type().Elem())
	if of.HasBeforeScanRowHook() || of.HasAfterScanRowHook() {
		return nil
	}
	return &native{direct: d, list: list.Elem(), of: of}
}

// ExecContext sends the statement. What it returns is what failed, not what was not read.
func (n *native) ExecContext(ctx context.Context, _ string, _ ...any) (sql.Result, error) {
	err := n.each(ctx, n.args)
	if err != nil && n.plain != nil && isStale(err) {
		err = n.each(ctx, n.plain)
	}
	switch {
	case err == nil:
		n.read = true
	case errors.Is(err, dialect.ErrUnread):
		unread.Store(n.text, true)
		n.list.SetZero() // bun would find what a row before left there
		err = nil
	case errors.Is(err, driver.ErrBadConn):
		err = nil // the pool tries again
	}
	return nil, err
}

// each reads the rows on the connection, or on one of the pool.
func (n *native) each(ctx context.Context, args []any) error {
	pool, ok := n.on.(*sql.DB)
	if !ok {
		return n.eachOn(ctx, n.on, args)
	}
	var err error
	for range mostLent {
		n.release()
		if n.lent, err = pool.Conn(ctx); err != nil {
			return err
		}
		if err = n.eachOn(ctx, n.lent, args); !errors.Is(err, driver.ErrBadConn) {
			return err
		}
	}
	return err
}

func (n *native) eachOn(ctx context.Context, on Conn, args []any) error {
	conn, ok := on.(*sql.Conn)
	if !ok {
		return dialect.ErrUnread
	}
	n.list.SetZero()
	return conn.Raw(func(driver any) error {
		reader, ok := driver.(dialect.EachRow)
		if !ok {
			return dialect.ErrUnread
		}
		return reader.EachRow(ctx, n.text, args, &target{list: n.list, of: n.of})
	})
}

// target appends rows to a list of structs.
type target struct {
	list  reflect.Value
	of    *schema.Table
	cells []cell
}

// Columns implements dialect.RowTarget.
func (t *target) Columns(names []string) []dialect.Cell {
	t.cells = make([]cell, len(names))
	all := make([]dialect.Cell, len(names))
	for i, name := range names {
		field := t.of.LookupField(name)
		if field == nil || !t.cells[i].fits(field) {
			return nil
		}
		all[i] = &t.cells[i]
	}
	return all
}

// Next implements dialect.RowTarget.
func (t *target) Next() {
	n := t.list.Len()
	t.list.Grow(1)
	t.list.SetLen(n + 1)
	row := t.list.Index(n)
	for i := range t.cells {
		t.cells[i].in = t.cells[i].field.Value(row)
	}
}

// cell is the field of a struct that a value goes to, as bun would have it there.
type cell struct {
	field *schema.Field
	// in is the field of the present row. It is zero before it is set.
	in reflect.Value
	// kind is that of the value, which the field has or points to.
	kind    reflect.Kind
	pointer bool
}

// fits prepares the cell for a field, and reports whether values of it are read natively.
func (c *cell) fits(field *schema.Field) bool {
	typ := field.StructField.Type
	if c.field, c.pointer = field, typ.Kind() == reflect.Pointer; c.pointer {
		typ = typ.Elem()
	}
	if reflect.PointerTo(typ).Implements(reflect.TypeFor[sql.Scanner]()) || field.Tag.HasOption("msgpack") {
		return false
	}
	switch c.kind = typ.Kind(); c.kind {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64:
		return true
	}
	return typ == reflect.TypeFor[time.Time]()
}

// to is where the value goes; ok is whether it is of that kind.
func (c *cell) to(kind bool) (reflect.Value, bool) {
	if !kind || !c.pointer {
		return c.in, kind
	}
	c.in.Set(reflect.New(c.in.Type().Elem()))
	return c.in.Elem(), true
}

// Null implements dialect.Cell.
func (*cell) Null() bool { return true }

// Text implements dialect.Cell.
func (c *cell) Text(v string) bool {
	to, ok := c.to(c.kind == reflect.String)
	if ok {
		to.SetString(v)
	}
	return ok
}

// Int implements dialect.Cell.
func (c *cell) Int(v int64) bool {
	to, ok := c.to(c.kind == reflect.Int64 || c.kind == reflect.Int || c.kind == reflect.Int32)
	if ok {
		to.SetInt(v)
	}
	return ok
}

// Bool implements dialect.Cell.
func (c *cell) Bool(v bool) bool {
	to, ok := c.to(c.kind == reflect.Bool)
	if ok {
		to.SetBool(v)
	}
	return ok
}

// Time implements dialect.Cell.
func (c *cell) Time(v time.Time) bool {
	to, ok := c.to(c.kind == reflect.Struct)
	if ok {
		*to.Addr().Interface().(*time.Time) = v //nolint:forcetypeassert // fits has looked
	}
	return ok
}
