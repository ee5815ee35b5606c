package credits

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// A charge that fits in the open lot changes one account row and adds one
// entry. The engines that can do both in one round trip do it here, whatever
// the length of the history or the number of grants. Everything else — the
// open lot is used up, something fell due, the key is known, the account does
// not exist — writes nothing here and takes the general way (transact), which
// also decides what error it is.

// quickCharge is a charge on its way to the database in one round trip.
type quickCharge struct {
	*spec
	amount int64
	entry  Entry // what is known of it beforehand
}

// quick tries the one-round-trip charge. It reports false when nothing was
// written and the general way has to be taken.
func quick(ctx context.Context, db bun.IDB, s *spec) (*Operation, bool, error) {
	p, ok := s.op.(ChargeParams)
	if !ok {
		return nil, false, nil
	}
	q := &quickCharge{spec: s, amount: p.Amount, entry: s.builder().header}
	q.entry.UserUUID, q.entry.TransType, q.entry.Credits = s.user, p.transType(), -p.Amount

	if tx, ok := db.(*bun.Tx); ok {
		db = *tx
	}
	caps := dialect.Of(db)
	var done bool
	var err error
	switch {
	case caps.Foreign:
	case caps.Engine == dialect.PostgreSQL && !caps.IsCockroach():
		done, err = q.postgres(ctx, db, caps)
	case caps.MultiStatements:
		done, err = q.mysql(ctx, db)
	}
	if cause := ctx.Err(); err != nil && cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err) // the driver says only that the connection is gone
	}
	if !done || err != nil {
		return nil, false, err
	}
	op, err := operationOf([]Entry{q.entry})
	return op, err == nil, err
}

// written are the columns that the database filled in.
func (q *quickCharge) written() []any {
	e := &q.entry
	return []any{&e.Seq, &e.Lot, &e.Balance, &e.Available, &e.AtUs, &e.ExpiresUs, &e.Hash}
}

// complete derives the rest of the entry from what was written.
func (q *quickCharge) complete() {
	e := &q.entry
	e.OpSeq, e.CreatedAt, e.ExpiredAt = e.Seq, timeOf(e.AtUs), expiryText(e.ExpiresUs)
}

// querier is the database/sql side of a bun handle. The statements here go
// there directly, because bun would write the arguments into the text and the
// driver could not prepare it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// orNull is s as an argument, NULL for empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
