package rows

import (
	"reflect"
	"strings"
	"sync"

	"github.com/uptrace/bun"
)

// columns are the lists that were made, of a few models each.
var columns sync.Map //nolint:gochecknoglobals // what models are does not change

// columnsKey names a list: engines quote names in two ways.
type columnsKey struct {
	of    reflect.Type
	alias string
	quote byte
}

// Columns lists the columns of a model for a SELECT: the table may have others
// that are none of ours.
func Columns[T any](db bun.IDB, alias string) string {
	key := columnsKey{reflect.TypeFor[T](), alias, db.Dialect().IdentQuote()}
	if known, ok := columns.Load(key); ok {
		return known.(string) //nolint:forcetypeassert // nothing else is stored
	}
	fields := db.Dialect().Tables().Get(key.of).Fields
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = alias + "." + string(f.SQLName)
	}
	list := strings.Join(names, ", ")
	columns.Store(key, list)
	return list
}
