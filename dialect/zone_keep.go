package dialect

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// keepZone makes sure that times are kept in UTC on the session's connection, and returns
// the handle to use on it.
func (s *session) keepZone(ctx context.Context, from bun.IDB) (bun.IDB, error) {
	z, err := readZone(ctx, s.conn, from.Dialect())
	if err != nil {
		return nil, err
	}
	if !z.plain {
		if from, _, err = rewrap(ctx, inUTC(from.Dialect()), s.conn, nil); err != nil {
			return nil, err
		}
	}
	if z.session == "" {
		return from, nil
	}
	// From here on the connection is not given back as it is, whatever happens.
	s.zone = z.session
	_, err = s.conn.ExecContext(ctx, "SET time_zone = '+00:00'")
	return from, err
}

// restoreZone resets the session's time zone to what it was. If that fails, the connection
// is closed, because times of whatever runs on it next would be wrong by hours.
func (s *session) restoreZone(ctx context.Context) {
	if s.zone == "" || s.stuck != nil {
		return // what is stuck ends with the connection's end
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), CleanupLimit)
	defer cancel()
	quoted := "'" + strings.ReplaceAll(strings.ReplaceAll(s.zone, `\`, `\\`), "'", "''") + "'"
	err := s.within(ctx, func() error {
		_, err := s.conn.ExecContext(limited, "SET time_zone = "+quoted)
		return err
	})
	if err != nil {
		s.discard(ctx)
	}
	if s.stuck == nil {
		s.zone = ""
	}
}

// keepZoneWithin is keepZone for a caller's transaction, whose session is not changed.
func keepZoneWithin(ctx context.Context, tx bun.Tx) (context.Context, bun.Tx, error) {
	if err := checkForeign(ctx, tx.Tx, tx); err != nil {
		return ctx, tx, err
	}
	if !zoneMatters(tx) || zoneKept(ctx, tx.Tx) {
		return ctx, tx, nil
	}
	z, err := readZone(ctx, tx.Tx, tx.Dialect())
	if err == nil {
		err = z.checkColumns(ctx, tx.Tx)
	}
	if err == nil && !z.plain {
		_, tx, err = rewrap(ctx, inUTC(tx.Dialect()), nil, tx.Tx)
	}
	return withZoneKept(ctx, tx, tx.Tx), tx, err
}

// Reading returns db, or a connection of it, for reads of the module's tables
// outside a transaction of InTx. Times are in UTC there, as in InTx, even on a
// handle that chameleon did not open. Use the returned context for the reads,
// and call the returned function when they are done.
//
// A dead connection of the pool is replaced.
//
// Errors: those of [InTx].
func Reading(ctx context.Context, db bun.IDB) (context.Context, bun.IDB, func(), error) {
	engine := Of(db).Engine
	if !zoneMatters(db) {
		var err error
		if Of(db).Foreign {
			_, err = factsFrom(ctx, db)
		}
		return ctx, db, func() {}, explain(ctx, engine, err)
	}
	if tx, ok := TxOf(db); ok {
		kept, within, err := keepZoneWithin(ctx, tx)
		return kept, within, func() {}, explain(ctx, engine, err)
	}
	started := time.Now()
	for attempt := 1; ; attempt++ {
		s := &session{engine: engine, foreign: true}
		from, err := s.connect(ctx, db)
		if err == nil {
			return withZoneKept(ctx, from, s.conn), from, func() { s.end(ctx) }, nil
		}
		s.end(ctx)
		again, err := judge(ctx, s, engine, err)
		if !again || attempt == maxAttempts || time.Since(started) > retryWindow || !pause(ctx, attempt) {
			return ctx, nil, func() {}, err
		}
	}
}

// keptKey is the context's key of what withZoneKept says.
type keptKey struct{}

// withZoneKept marks a connection or transaction as checked, so that verbs that are called
// with it do not check again.
func withZoneKept(ctx context.Context, db bun.IDB, on any) context.Context {
	if !zoneMatters(db) {
		return ctx
	}
	return context.WithValue(ctx, keptKey{}, on)
}

func zoneKept(ctx context.Context, on any) bool { return on != nil && ctx.Value(keptKey{}) == on }
