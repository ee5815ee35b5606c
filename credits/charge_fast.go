package credits

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/alongside"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/width"
)

// A charge that fits in the open lot changes one account row and adds one
// entry. The servers do both in one round trip, and SQLite in three statements that
// it keeps prepared, whatever the length of the history or the number of grants.
// Everything else — the open lot is used up, something fell due, the key is known,
// the account does not exist — writes nothing here and takes the general way
// (transact), which also decides what error it is.
//
// A row of what is paid for goes with it where the context has one (package
// alongside), on a handle only: in the caller's transaction it is one more
// statement, and the uniqueness that it may break would end that transaction.

// fastCharge is a charge on its way to the database in one round trip.
type fastCharge struct {
	*spec
	amount int64
	entry  Entry          // what is known of it beforehand
	beside *alongside.Row // nil for none
}

// chargeFast tries the one-round-trip charge. Without an operation the general way
// has to be taken: nothing was written if the error is nil or does not match
// dialect.ErrOutcomeUnknown, and otherwise it is not known, nor is it certain
// that nothing will be.
func chargeFast(ctx context.Context, db bun.IDB, s *spec) (*Operation, error) {
	p, ok := s.op.(ChargeParams)
	if !ok || !width.In32Bits(p.Amount) || len(p.Budgets) > 0 {
		return nil, nil
	}
	caps, able, err := dialect.FastCapabilities(ctx, db)
	if err != nil || !able || !chargesFast(caps) {
		return nil, err
	}
	q := newFastCharge(s, p)
	if q.beside = alongside.Of(ctx); q.beside != nil {
		q.beside.Sent(q.call)
	}
	done, err := q.run(ctx, db, caps)
	if !done || err != nil {
		return nil, err
	}
	return operationOf([]Entry{q.entry})
}

// chargesFast reports whether the engine has a way here.
func chargesFast(caps dialect.Capabilities) bool {
	switch caps.Engine {
	case dialect.PostgreSQL:
		return !caps.IsCockroach()
	case dialect.SQLite:
		return !caps.Foreign
	}
	return caps.MultiStatements
}

func newFastCharge(s *spec, p ChargeParams) *fastCharge {
	if s.call = s.mark; s.call == 0 { // 0 is no call's
		s.call = 1 + rand.Int64N(math.MaxInt64)
	}
	q := &fastCharge{spec: s, amount: p.Amount, entry: s.builder().header}
	q.entry.UserUUID, q.entry.TransType, q.entry.Credits = s.user, p.transType(), -p.Amount
	return q
}

func (q *fastCharge) run(ctx context.Context, db bun.IDB, caps dialect.Capabilities) (done bool, err error) {
	if caps.Engine == dialect.SQLite {
		err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) (err error) {
			done, err = q.sqlite(ctx, tx)
			return err
		})
		return done && err == nil, err
	}
	if tx, ok := dialect.TxOf(db); ok && q.beside == nil {
		return q.nested(ctx, tx, caps)
	}
	if pool, ok := db.(*bun.DB); ok {
		return q.alone(ctx, pool, caps)
	}
	return false, nil
}

// alone makes the charge a transaction of its own.
func (q *fastCharge) alone(ctx context.Context, db *bun.DB, caps dialect.Capabilities) (done bool, err error) {
	err = dialect.Alone(ctx, db, func(ctx context.Context, conn *sql.Conn) (err error) {
		if caps.Engine == dialect.PostgreSQL {
			done, err = q.postgres(ctx, db, conn, true, caps)
		} else {
			done, err = q.mysqlAlone(ctx, db, conn)
		}
		return err
	})
	return done, err
}

// nested takes part in the caller's transaction. If the connection breaks or
// ctx ends, that transaction has ended too: nothing of it is stored.
func (q *fastCharge) nested(ctx context.Context, tx bun.Tx, caps dialect.Capabilities) (done bool, err error) {
	err = dialect.InTx(ctx, tx, func(ctx context.Context, tx bun.Tx) (err error) {
		switch {
		case caps.Engine == dialect.PostgreSQL:
			done, err = q.postgres(ctx, tx, tx.Tx, false, caps)
		case caps.SelectsIntoVariables():
			q.call = store.CallWithin(tx)
			done, err = q.mysqlNested(ctx, tx)
		}
		return err
	})
	return done, err
}

// read runs the charge and reads the one row that comes back, none if nothing
// was charged. The outcome is known only once all of it has ended.
func (q *fastCharge) read(ctx context.Context, db bun.IDB, on rows.Conn, text string, args []any) (done bool, err error) {
	err = rows.Direct(ctx, db, on, text, args, func(answer *sql.Rows) error {
		for more := true; more; more = answer.NextResultSet() {
			for answer.Next() {
				if err := answer.Scan(q.written()...); err != nil {
					return fmt.Errorf("read the charge: %w", err)
				}
				q.complete()
				done = true
			}
		}
		if err := answer.Err(); err != nil {
			// Wrapped: a bare error of the context would say that nothing was sent.
			return fmt.Errorf("read the charge: %w", err)
		}
		return nil
	})
	return done && err == nil, err
}

// written are the columns that the database filled in.
func (q *fastCharge) written() []any {
	e := &q.entry
	columns := []any{&e.Seq, &e.Lot, &e.Balance, &e.Available, &e.AtUs, &e.ExpiresUs, &e.Hash}
	if q.beside != nil {
		columns = append(columns, &q.beside.ID)
	}
	return columns
}

// complete derives the rest of the entry from what was written.
func (q *fastCharge) complete() {
	e := &q.entry
	e.OpSeq, e.CreatedAt, e.ExpiredAt = e.Seq, column.Time(e.AtUs), column.ExpiryText(e.ExpiresUs)
}

// settled is what the general way found after a one-round-trip attempt whose
// outcome is not known. An operation that is stored settles it, since the key
// is used once: the attempt was that operation, or can be none any more. A
// refusal does not: the attempt may still be on its way.
func (s *spec) settled(op *Operation, err, lost error) (*Operation, error) {
	if err != nil && !errors.Is(err, ErrKeyReused) {
		return nil, dialect.Unsettled(lost, err)
	}
	if err == nil && s.ours {
		op.Replayed = false
	}
	return op, err
}

// carrying returns the text of a charge that carries a row, made once for all rows of
// its shape.
func carrying(texts *sync.Map, row *alongside.Row, text func() string) string {
	shape := row.Shape()
	if known, ok := texts.Load(shape); ok {
		return known.(string) //nolint:forcetypeassert // nothing else is stored
	}
	made := text()
	texts.Store(shape, made)
	return made
}

// orNull is s as an argument, NULL for empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
