package credits

import (
	"context"
	"database/sql"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// ChargePart runs MySQL's packet without the INSERT of the entry, as if that
// had found nothing to do.
func ChargePart(ctx context.Context, db *bun.DB, p ChargeParams) error {
	return dialect.Alone(ctx, db, func(ctx context.Context, conn *sql.Conn) error {
		return chargePart(ctx, conn, mysqlOwn, p)
	})
}

// ChargePartIn is ChargePart in a caller's transaction.
func ChargePartIn(ctx context.Context, tx bun.Tx, p ChargeParams) error {
	return chargePart(ctx, tx.Tx, mysqlNested, p)
}

func chargePart(ctx context.Context, on querier, text string, p ChargeParams) error {
	s, err := p.spec()
	if err != nil {
		return err
	}
	q := newQuickCharge(s, p)
	before, after := strings.Count(mysqlUpdate, "?"), strings.Count(mysqlSelect, "?")
	args := q.mysqlArgs()
	args = append(args[:before:before], args[len(args)-after:]...)
	_, err = q.read(ctx, on, strings.Replace(text, mysqlInsert, "", 1), args)
	return err
}
