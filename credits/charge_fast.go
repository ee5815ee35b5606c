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

// A charge that fits in the open lot changes one account row and adds one entry. The servers
// do both in one round trip, and SQLite in three prepared statements, whatever the length of
// the history or the number of grants. In all other cases (the open lot is used up, something
// fell due, the key is known, the account does not exist) the charge writes nothing here and
// takes the general path (transact), which also decides which error to return.
//
// If the context has a row of what is paid for (package alongside), it is written together
// with the charge, but only on a handle: in a caller's transaction it takes a statement of its
// own, because a violation of its uniqueness would end that transaction.

// fastCharge is a charge on its way to the database in one round trip.
type fastCharge struct {
	*spec
	amount int64
	entry  Entry          // as far as it is known beforehand
	beside *alongside.Row // nil for none
}

// chargeFast tries the one-round-trip charge. If it returns no operation, the general path has
// to be taken. Nothing was written then, unless the error matches dialect.ErrOutcomeUnknown:
// in that case it is unknown whether the charge is stored, or still will be.
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

// chargesFast reports whether the engine supports the one-round-trip charge.
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
	if s.call = s.mark; s.call == 0 { // 0 is not a call's number
		s.call = 1 + rand.Int64N(math.MaxInt64)
	}
	q := &fastCharge{spec: s, amount: p.Amount, entry: s.builder().header}
	q.entry.UserUUID, q.entry.TransType, q.entry.Credits = s.user, p.transType(), -p.Amount
	return q
}

func (q *fastCharge) run(ctx context.Context, db bun.IDB, caps dialect.Capabilities) (done bool, err error) {
	if caps.Engine == dialect.SQLite {
		return q.onSQLite(ctx, db)
	}
	if tx, ok := dialect.TxOf(db); ok && q.beside == nil {
		return q.nested(ctx, tx, caps)
	}
	if pool, ok := db.(*bun.DB); ok {
		return q.alone(ctx, pool, caps)
	}
	return false, nil
}

// alone runs the charge as a transaction of its own.
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

// nested runs the charge in the caller's transaction. If the connection breaks or ctx ends,
// that transaction ends too, and nothing of it is stored.
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

// read runs the charge and reads the one row that it returns, or none if nothing was charged.
// The outcome is known only at the end of all results.
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
			// Wrapped, because a bare context error means that nothing was sent.
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

// settled interprets what the general path found after a one-round-trip attempt with an unknown
// outcome. A stored operation settles it, because the key is used once: either the attempt was
// that operation, or it can no longer succeed. A refusal does not, because the attempt may
// still be in flight.
func (s *spec) settled(op *Operation, err, lost error) (*Operation, error) {
	if err != nil && !errors.Is(err, ErrKeyReused) {
		return nil, dialect.Unsettled(lost, err)
	}
	if err == nil && s.ours {
		op.Replayed = false
	}
	return op, err
}

// carrying returns the text of a charge that carries a row, which is built once per shape of
// row.
func carrying(texts *sync.Map, row *alongside.Row, text func() string) string {
	shape := row.Shape()
	if known, ok := texts.Load(shape); ok {
		return known.(string) //nolint:forcetypeassert // nothing else is stored
	}
	made := text()
	texts.Store(shape, made)
	return made
}

// orNull returns s as an argument, NULL if it is empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
