package rows

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// Perform runs a statement that returns no rows, as [Prepared] does.
func Perform(ctx context.Context, db bun.IDB, text string, args ...any) error {
	return Prepared(db, text, args...).Scan(ctx, reader(func(none *sql.Rows) error {
		for none.Next() { // what failed late is said here
		}
		return none.Err()
	}))
}
