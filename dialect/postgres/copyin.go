package postgres

import (
	"context"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
)

// CopyIn sends rows to a statement COPY … FROM STDIN, on a connection as Raw of a
// *sql.Conn gives it: one of this package's handles, or of pgx's stdlib. In a
// transaction of that connection it is a part of it.
//
// It is how packages that link no driver load many rows: they ask a handle's dialect
// whether it has this method.
//
// Errors: the driver's, as database/sql returns them.
func (*Dialect) CopyIn(ctx context.Context, conn any, statement string, rows io.Reader) error {
	c, ok := conn.(interface{ Conn() *pgx.Conn })
	if !ok {
		return fmt.Errorf("dialect/postgres: a %T is not a connection of pgx", conn)
	}
	_, err := c.Conn().PgConn().CopyFrom(ctx, rows, statement)
	return err
}
