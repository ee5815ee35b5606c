package rows

import (
	"reflect"
	"strings"

	"github.com/uptrace/bun"
)

// Columns lists the columns of a model for a SELECT: the table may have others
// that are none of ours.
func Columns[T any](db bun.IDB, alias string) string {
	fields := db.Dialect().Tables().Get(reflect.TypeFor[T]()).Fields
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = alias + "." + string(f.SQLName)
	}
	return strings.Join(names, ", ")
}
