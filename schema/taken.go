package schema

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// taken returns a *ForeignTablesError if a foreign object has the name of an index that is to
// be created. Indexes of that name on the same table have been checked before.
func taken(ctx context.Context, q bun.IConn, eng engine, changes []Change) error {
	if eng.takenBy() == "" {
		return nil
	}
	var marks []string
	var args []any
	for _, c := range changes {
		if c.Kind == AddIndex && c.Clears == "" {
			marks = append(marks, eng.mark(len(args)))
			args = append(args, strings.ToLower(c.Index))
		}
	}
	if len(args) == 0 {
		return nil
	}
	var e ForeignTablesError
	err := each(ctx, q, fmt.Sprintf(eng.takenBy(), strings.Join(marks, ", ")), args, func(rows *sql.Rows) error {
		var t ForeignTable
		err := rows.Scan(&t.Name, &t.Problem)
		e.Tables = append(e.Tables, t)
		return err
	})
	if err != nil || len(e.Tables) == 0 {
		return err
	}
	return &e
}
