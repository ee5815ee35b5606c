package dialect

import "context"

// OneRow is implemented by connections of the drivers' packages that can read a row
// without database/sql in between, which copies each value twice and has a goroutine
// wait for the context of every query. sql.Conn.Raw leads to them.
type OneRow interface {
	// OneRow runs a statement that returns one row or none, with arguments as
	// database/sql would pass them, and reads the row into dest. Its errors are those
	// of the connection's QueryContext.
	OneRow(ctx context.Context, text string, args, dest []any) (found bool, err error)
}
