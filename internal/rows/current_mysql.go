package rows

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// Newer MariaDBs refuse, at REPEATABLE READ, to lock or to change a row that
// others changed after the transaction's first plain read (error 1020), and end
// the whole transaction there and then, savepoints included. A verb looks
// plainly before it locks, because a lock on what is not there makes others
// wait; so any other call about the same row would ruin all that the caller's
// transaction did. Verbs decide by what they lock, as they must on MySQL, and
// need no such protection: their statements go without it, one by one, and the
// caller's own keep it.

// AsItIs stands before a statement that locks or changes rows. MariaDB performs
// it from 11.6.2 on, where the setting is on unless a DBA turned it off; for any
// other server, MySQL included, it is a comment.
const AsItIs = "/*M!110602 SET STATEMENT innodb_snapshot_isolation=OFF FOR */ "

// currentMariaDB is a transaction that builds its statements so.
type currentMariaDB struct{ bun.Tx }

func (c currentMariaDB) conn() asItIs { return asItIs{c.Tx.Tx} }

func (c currentMariaDB) NewSelect() *bun.SelectQuery { return c.Tx.NewSelect().Conn(c.conn()) }

func (c currentMariaDB) NewInsert() *bun.InsertQuery { return c.Tx.NewInsert().Conn(c.conn()) }

func (c currentMariaDB) NewUpdate() *bun.UpdateQuery { return c.Tx.NewUpdate().Conn(c.conn()) }

func (c currentMariaDB) NewDelete() *bun.DeleteQuery { return c.Tx.NewDelete().Conn(c.conn()) }

func (c currentMariaDB) NewRaw(query string, args ...any) *bun.RawQuery {
	return c.Tx.NewRaw(query, args...).Conn(c.conn())
}

func (c currentMariaDB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return c.Tx.ExecContext(ctx, AsItIs+query, args...)
}

func (c currentMariaDB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.Tx.QueryContext(ctx, AsItIs+query, args...)
}

func (c currentMariaDB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.Tx.QueryRowContext(ctx, AsItIs+query, args...)
}

// asItIs is where bun sends a statement that it has built.
type asItIs struct{ tx *sql.Tx }

func (c asItIs) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return c.tx.ExecContext(ctx, AsItIs+query, args...)
}

func (c asItIs) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.tx.QueryContext(ctx, AsItIs+query, args...)
}

func (c asItIs) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.tx.QueryRowContext(ctx, AsItIs+query, args...)
}
