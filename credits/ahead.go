package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// An account's time never runs backwards, so a single operation with a wrong clock would
// move the account into the future, where its grants expire and its holds time out. So
// operations are compared with the database's clock, the only one that all servers share.

// DefaultMaxAhead is how far the time of an operation may be ahead of the
// database's clock when MaxAhead is 0. A clock that is an hour off is wrong; one
// that is a minute off is not. Anything further ahead is refused with a
// *ClockError, even if At is zero and it is the caller's own clock that is
// wrong. A replay changes nothing and is not refused.
const DefaultMaxAhead = 5 * time.Minute

// AnyTime as MaxAhead accepts any time, for simulations and imports.
const AnyTime time.Duration = 1<<63 - 1

// unbounded is beyond every time that an operation may have, in microseconds.
const unbounded = 1e18

func checkAhead(d time.Duration) error {
	if d < 0 {
		return valid.Failf("MaxAhead", "%v is negative", d)
	}
	return nil
}

// aheadOr returns MaxAhead in microseconds.
func aheadOr(d time.Duration) int64 {
	switch d {
	case 0:
		return DefaultMaxAhead.Microseconds()
	case AnyTime:
		return unbounded
	}
	return d.Microseconds()
}

// clockOf returns the SQL of the database's clock, in UTC microseconds, as of the statement.
// SQLite has no clock of its own, so there it is 0.
func clockOf(caps dialect.Capabilities) string {
	switch {
	case caps.Engine == dialect.PostgreSQL:
		return "(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000)::bigint"
	case caps.IsMySQL():
		return "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))"
	default:
		return "0"
	}
}

// readClock reads the database's clock. SQLite's is the process's.
func readClock(ctx context.Context, db bun.IDB) (int64, error) {
	caps := dialect.Of(db)
	if caps.Engine == dialect.SQLite {
		return time.Now().UnixMicro(), nil
	}
	var us int64
	err := db.NewRaw("SELECT "+clockOf(caps)).Scan(ctx, &us)
	return us, err
}

// checkClocks refuses operations that are too far ahead, unless they turn out to be replays.
// It runs before accounts are created, which a refused grant must not do. If peek saw no
// account, there was no row to read the clock with.
func (b *book) checkClocks(ctx context.Context) error {
	if b.clock == 0 {
		var err error
		if b.clock, err = readClock(ctx, b.db); err != nil {
			return err
		}
	}
	for _, s := range b.specs {
		if err := clockError(s.at, b.clock, s.ahead); err != nil && s.refused == nil {
			s.refused, s.grants = err, false
		}
	}
	return nil
}

// CheckTimeParams name a time to check.
type CheckTimeParams struct {
	// At is the time, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see
	// [DefaultMaxAhead].
	MaxAhead time.Duration
}

// CheckTime compares a time with the database's clock, as every verb that writes
// does. It is for callers that write rows of their own before they call a verb.
//
// Errors: *InvalidError; *ClockError; *dialect.Error.
func CheckTime(ctx context.Context, db bun.IDB, p CheckTimeParams) error {
	if err := valid.First(checkTime("At", p.At), checkAhead(p.MaxAhead)); err != nil {
		return err
	}
	return dialect.Classify(checkNow(ctx, db, nowOr(p.At), p.MaxAhead))
}

// checkNow compares a time with the database's clock outside a book.
func checkNow(ctx context.Context, db bun.IDB, at int64, maxAhead time.Duration) error {
	if err := dialect.CheckSession(ctx, db); err != nil {
		return err
	}
	now, err := readClock(ctx, db)
	if err != nil {
		return err
	}
	return clockError(at, now, aheadOr(maxAhead))
}

func clockError(at, now, ahead int64) error {
	if at-now <= ahead {
		return nil
	}
	return &ClockError{At: column.Time(at), Now: column.Time(now), MaxAhead: time.Duration(ahead) * time.Microsecond}
}
