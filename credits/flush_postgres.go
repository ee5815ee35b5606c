package credits

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// Rows are sent to PostgreSQL as arrays, one per column, with a statement that is the same for
// any number of rows: as part of its text, their values would cost more to parse than to store.

// arrayRows limits the rows of one statement.
const arrayRows = 1000

// takesArrays reports whether the driver is ours, accepts arrays and caches statements.
func (b *book) takesArrays() bool {
	return b.caps.Engine == dialect.PostgreSQL && !b.caps.Foreign && b.caps.Prepared != nil && b.caps.LocksTogether()
}

// insertEntriesPostgres inserts entries by one prepared statement.
func (b *book) insertEntriesPostgres(ctx context.Context, entries []*Entry) error {
	table := b.db.Dialect().Tables().Get(reflect.TypeFor[Entry]())
	names, arrays := make([]string, len(table.DataFields)), make([]string, len(table.DataFields))
	for i, f := range table.DataFields {
		names[i], arrays[i] = string(f.SQLName), "?::"+arrayType(f)
	}
	list := strings.Join(names, ", ")
	text := "INSERT INTO credits_trans (" + list + ") SELECT " + list + " FROM unnest(" + strings.Join(arrays, ", ") + ") AS e (" + list + ")"
	for len(entries) > 0 {
		n := min(len(entries), arrayRows)
		args := make([]any, len(table.DataFields))
		for i, f := range table.DataFields {
			args[i] = arrayOf(f, entries[:n])
		}
		if err := rows.Perform(ctx, b.db, text, args...); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// arrayType returns the PostgreSQL type of a column's array, which is wide enough for any value:
// one that the column itself cannot hold is an error instead of being truncated.
func arrayType(f *schema.Field) string {
	switch {
	case f.IndirectType == reflect.TypeFor[time.Time]():
		return "timestamptz[]"
	case f.IndirectType.Kind() == reflect.String:
		return "text[]"
	}
	return "bigint[]"
}

// arrayOf returns a column of entries, nil where bun would write NULL.
func arrayOf(f *schema.Field, entries []*Entry) any {
	switch arrayType(f) {
	case "timestamptz[]":
		return columnOf(f, entries, func(v reflect.Value) time.Time {
			at, _ := reflect.TypeAssert[time.Time](v) // as arrayType found
			return at
		})
	case "text[]":
		return columnOf(f, entries, reflect.Value.String)
	}
	return columnOf(f, entries, reflect.Value.Int)
}

func columnOf[T any](f *schema.Field, entries []*Entry, read func(reflect.Value) T) []*T {
	out := make([]*T, len(entries))
	for i, e := range entries {
		row := reflect.ValueOf(e).Elem()
		if !f.NullZero || !f.HasZeroValue(row) {
			value := read(f.Value(row))
			out[i] = &value
		}
	}
	return out
}

// updateAccountsArrays joins arrays of the accounts' new values.
func (b *book) updateAccountsArrays(ctx context.Context, accounts []*account) error {
	columns := accountColumns(accounts)
	names, sets, arrays := []string{"user_uuid"}, make([]string, len(columns)), []string{"?::text[]"}
	users := accountUsers(accounts)
	args := []any{users}
	for i, c := range columns {
		names = append(names, c.name)
		sets[i] = c.name + " = v." + c.name
		if c.delta {
			sets[i] = c.name + " = a." + c.name + " + v." + c.name
		}
		array, kind := c.array(accounts)
		arrays, args = append(arrays, "?::"+kind), append(args, array)
	}
	var latest int64
	for _, a := range accounts {
		latest = max(latest, a.AsOfUs)
	}
	return rows.Perform(ctx, b.db, "UPDATE credits AS a SET "+strings.Join(sets, ", ")+", updated_at = ?::timestamptz FROM unnest("+
		strings.Join(arrays, ", ")+") AS v ("+strings.Join(names, ", ")+") WHERE a.user_uuid = v.user_uuid AND a.user_uuid = ANY(?::text[])",
		append(append([]any{column.Time(latest)}, args...), users)...)
}

// array returns the column's new values and their PostgreSQL type.
func (c accountColumn) array(accounts []*account) (array any, kind string) {
	if _, text := c.value(accounts[0]).(string); text {
		values := make([]string, len(accounts))
		for i, a := range accounts {
			values[i], _ = c.value(a).(string)
		}
		return values, "text[]"
	}
	values := make([]int64, len(accounts))
	for i, a := range accounts {
		values[i], _ = c.value(a).(int64)
	}
	return values, "bigint[]"
}
