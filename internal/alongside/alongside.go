// Package alongside lets a charge carry a row of another table: what it pays for
// is stored by the statement, or the packet, that takes the credits, and needs no
// transaction of several round trips around it.
//
// Being internal, it keeps the way through to this module: the ledger knows
// nothing of the tables of the packages above it.
package alongside

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// ErrNotCarried says that the charge could not go in one round trip: neither it
// nor the row was written.
var ErrNotCarried = errors.New("no row is carried: the charge takes the general path")

// Row is a row that a charge writes if it goes in one round trip.
type Row struct {
	model   any
	table   string
	columns []column
	keys    []string
	key     []any
	names   []name

	// ID is the row's id, once it is written.
	ID int64
	// call marks the charge's entry, once it was sent.
	call int64
	ours bool
}

// column is one that the INSERT fills besides the account.
type column struct {
	name  string
	cast  string
	value any
}

// name is a value that no row of the account has in a column of either table.
type name struct {
	tables [2]string
	column string
	value  string
}

// account is the column that holds whose row it is: the account that is charged.
const account = "user_uuid"

// New returns the row of model, a pointer to a struct whose id the database fills
// in. Its columns keys are a unique key.
func New(db bun.IDB, model any, keys ...string) *Row {
	value := reflect.ValueOf(model).Elem()
	table := db.Dialect().Tables().Get(value.Type())
	r := &Row{model: model, table: table.Name, keys: keys, columns: make([]column, 0, len(table.DataFields))}
	for _, field := range table.DataFields {
		if field.Name == account {
			continue
		}
		c := column{name: field.Name, cast: castOf(field.IndirectType)}
		if !field.NullZero || !field.HasZeroValue(value) {
			c.value = plain(field.Value(value))
		}
		r.columns = append(r.columns, c)
	}
	for _, name := range keys {
		r.key = append(r.key, plain(table.FieldMap[name].Value(value)))
	}
	return r
}

// Unless has neither the charge nor the row written where a row of the account, in the
// row's table or its archive, has the value in the column. The index that keeps the table's
// values apart does not have the archive's. Both are asked, because what leaves the one
// for the other after a statement has begun is seen in the first.
func (r *Row) Unless(archive, column, value string) {
	r.names = append(r.names, name{[2]string{r.table, archive}, column, value})
}

// PostgresNames is the condition that the row's names are free; user is the expression
// of the account. Its arguments, Names, are numbered from first.
func (r *Row) PostgresNames(user string, first int) string {
	return r.free(user, func(i int) string { return "$" + strconv.Itoa(first+i) + "::text" })
}

// NamesCondition is the condition that the row's names are free, with NamesOf as
// arguments.
func (r *Row) NamesCondition() string { return r.free("?", func(int) string { return "?" }) }

// free is the condition; argument is the place of a name's value.
func (r *Row) free(user string, argument func(i int) string) string {
	var b strings.Builder
	for i, n := range r.names {
		for _, table := range n.tables {
			b.WriteString(" AND NOT EXISTS (SELECT 1 FROM " + table + " AS n WHERE n." + account + " = " + user +
				" AND n." + n.column + " = " + argument(i) + ")")
		}
	}
	return b.String()
}

// Names are the arguments of PostgresNames.
func (r *Row) Names() []any {
	values := make([]any, len(r.names))
	for i, n := range r.names {
		values[i] = n.value
	}
	return values
}

// NamesOf are the arguments of NamesCondition; user is the account.
func (r *Row) NamesOf(user string) (values []any) {
	for _, n := range r.names {
		for range n.tables {
			values = append(values, user, n.value)
		}
	}
	return values
}

// plain is v as drivers take it, without a type of ours.
func plain(v reflect.Value) any {
	if v.Kind() == reflect.String {
		return v.String()
	}
	return v.Interface()
}

// castOf is the PostgreSQL type of an argument of type t. It holds any value: a
// cast to the column's own type would cut a text that is too long.
func castOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "timestamptz"
	case t.Kind() == reflect.String:
		return "text"
	}
	return "bigint"
}

// PostgresInsert inserts the row for each row of from. Its arguments, Values, are
// numbered from first; user is the expression of the account.
func (r *Row) PostgresInsert(from, user string, first int) string {
	return r.insert(from, user, func(i int, c column) string { return "$" + strconv.Itoa(first+i) + "::" + c.cast })
}

// MySQLInsert inserts the row, with Values as arguments, for each row of from,
// which has the account as user_uuid.
func (r *Row) MySQLInsert(from string) string {
	return r.insert(from, account, func(int, column) string { return "?" })
}

// insert puts the account first, where routers over shards look for it.
func (r *Row) insert(from, user string, argument func(i int, c column) string) string {
	names, values := []string{account}, []string{user}
	for i, c := range r.columns {
		names, values = append(names, c.name), append(values, argument(i, c))
	}
	return "INSERT INTO " + r.table + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + from
}

// MySQLJoin joins the row as r, with Key as arguments.
func (r *Row) MySQLJoin() string {
	return " LEFT JOIN " + r.table + " AS r ON r." + strings.Join(r.keys, " = ? AND r.") + " = ?"
}

// Shape is what the texts of statements that carry the row depend on: they are the same
// for every row of one shape.
type Shape struct{ table, keys, names string }

// Shape returns the row's.
func (r *Row) Shape() Shape {
	s := Shape{table: r.table, keys: strings.Join(r.keys, " ")}
	for _, n := range r.names {
		s.names += n.column + " "
	}
	return s
}

// Model is what the row was made of.
func (r *Row) Model() any { return r.model }

// Values are the arguments of an INSERT.
func (r *Row) Values() []any {
	values := make([]any, len(r.columns))
	for i, c := range r.columns {
		values[i] = c.value
	}
	return values
}

// Key are the arguments of MySQLJoin.
func (r *Row) Key() []any { return r.key }

// Sent notes the number that the charge's entry is marked with.
func (r *Row) Sent(call int64) { r.call = call }

// Ours reports whether the ledger found what this very charge had written; see
// Seek.
func (r *Row) Ours() bool { return r.ours }

type carried struct{}

// With returns a context with which a charge carries r, or fails with
// ErrNotCarried.
func With(ctx context.Context, r *Row) context.Context {
	return context.WithValue(ctx, carried{}, r)
}

// Of returns the row that a charge with this context carries, nil for none.
func Of(ctx context.Context) *Row {
	r, _ := ctx.Value(carried{}).(*Row)
	return r
}

type sought struct{}

// Seek returns a context with which the ledger says, by Found, whether an
// operation that it replays is the charge that carried r, of which the answer was
// lost.
func Seek(ctx context.Context, r *Row) context.Context {
	return context.WithValue(ctx, sought{}, r)
}

// Found tells the row that is sought with this context, if there is one, that the
// entry of an operation is marked with call.
func Found(ctx context.Context, call int64) {
	if r, ok := ctx.Value(sought{}).(*Row); ok && r.call != 0 && r.call == call {
		r.ours = true
	}
}
