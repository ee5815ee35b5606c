package credits

import (
	"context"
	"database/sql"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// ChargePart runs MySQL's packet without the INSERT of the entry, as if that
// had found nothing to do.
func ChargePart(ctx context.Context, db *bun.DB, p ChargeParams) error {
	return dialect.Alone(ctx, db, func(ctx context.Context, conn *sql.Conn) error {
		return chargePart(ctx, db, conn, mysqlOfWhole.text, p)
	})
}

// ChargePartIn is ChargePart in a caller's transaction.
func ChargePartIn(ctx context.Context, tx bun.Tx, p ChargeParams) error {
	return chargePart(ctx, tx, tx.Tx, mysqlNested, p)
}

func chargePart(ctx context.Context, db bun.IDB, on rows.Conn, text string, p ChargeParams) error {
	s, err := p.spec()
	if err != nil {
		return err
	}
	q := newFastCharge(s, p)
	args := mysqlOfWhole.args(q)
	if text == mysqlNested {
		args = q.nestedArgs()
	}
	head, insert, _ := strings.Cut(text, mysqlInsert)
	_, tail, _ := strings.Cut(insert, ";")
	before, after := strings.Count(head, "?"), strings.Count(tail, "?")
	args = append(args[:before:before], args[len(args)-after:]...)
	_, err = q.read(ctx, db, on, head+tail, args)
	return err
}

// PostgresCharges are PostgreSQL's statements: on a handle, and in a caller's transaction.
func PostgresCharges() []string { return []string{postgresCharge, postgresNested} }
