package credits

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultSweepLimit and MaxSweepLimit bound the number of accounts in one
// sweep.
const (
	DefaultSweepLimit = 500
	MaxSweepLimit     = 10_000
	// sweepBatch is how many accounts one transaction locks.
	sweepBatch = 50
)

// ExpireDueParams describe a sweep.
type ExpireDueParams struct {
	// At is the moment up to which to sweep, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
	// Limit is the maximum number of accounts to bring up to date; 0 means
	// DefaultSweepLimit, and MaxSweepLimit is the maximum. Accounts that are set
	// aside do not count, so that they do not starve others.
	Limit int
}

// ExpireDueResult is what a sweep did and what it left.
type ExpireDueResult struct {
	// Accounts is how many accounts were brought up to date, because a grant
	// expired or a hold timed out. Of several concurrent sweeps, only one
	// counts an account.
	Accounts int `json:"accounts"`
	// Expired is what was left in the grants that expired, in credits.
	Expired int64 `json:"expired"`
	// HoldsTimedOut is how many holds ended.
	HoldsTimedOut int64 `json:"holds_timed_out"`
	// SetAside are accounts that could not be brought up to date. They are
	// unchanged, and the next sweep tries them again.
	SetAside []AccountError `json:"set_aside,omitempty"`
	// More is true when the limit was reached and more accounts, other than
	// those set aside, are due: call again.
	More bool `json:"more"`
}

// ExpireDue brings stored balances in line with the clock: it removes expired
// grants from them and ends holds that have timed out. Reads and charges are
// exact without it. It keeps the stored left_credits correct for programs that
// read that column, and may run any number of times, concurrently, or never.
//
// It works in batches, each in its own transaction unless db is a bun.Tx. An
// account that cannot be brought up to date does not hold up the others: it is
// set aside, at most once per sweep, and reported. That happens if its state
// does not fit its history, or if another transaction keeps one of its rows
// locked. A sweep waits for locked rows last, and gives up once none has become
// free for five seconds.
//
// Errors: *InvalidError; *ClockError when At is too far ahead of the database's
// clock, in which case nothing is swept; *SweepError, together with the result, when
// accounts were set aside; *dialect.Error when the database fails as a whole, in
// which case the work of earlier batches stays and the result counts it.
func ExpireDue(ctx context.Context, db bun.IDB, p ExpireDueParams) (*ExpireDueResult, error) {
	if p.Limit < 0 || p.Limit > MaxSweepLimit {
		return nil, valid.Failf("Limit", "%d is not between 0 and %d", p.Limit, MaxSweepLimit)
	}
	if err := checkTime("At", p.At); err != nil {
		return nil, err
	}
	if p.Limit == 0 {
		p.Limit = DefaultSweepLimit
	}
	if err := checkAhead(p.MaxAhead); err != nil {
		return nil, err
	}
	if err := checkNow(ctx, db, nowOr(p.At), p.MaxAhead); err != nil {
		return nil, dialect.Classify(err)
	}
	s := &sweeper{db: db, caps: dialect.Of(db), callers: !dialect.IsHandle(db), at: nowOr(p.At), limit: p.Limit, out: &ExpireDueResult{}}
	if err := s.run(ctx); err != nil {
		return s.out, dialect.Classify(err)
	}
	if len(s.out.SetAside) > 0 {
		return s.out, &SweepError{SetAside: s.out.SetAside}
	}
	return s.out, nil
}

// sweeper is one sweep. It passes over the accounts that are due once, by time
// and id; those that are locked are tried again at the end.
type sweeper struct {
	db      bun.IDB
	caps    dialect.Capabilities
	callers bool // db is the caller's transaction
	at      int64
	limit   int
	locked  []string
	out     *ExpireDueResult
}

// due is an account whose stored state has become old.
type due struct {
	ID          int64
	UserUUID    string
	NextEventUs int64
}

func (s *sweeper) run(ctx context.Context) error {
	// Rows that the ledger never touched say 0 and have nothing due; there may
	// be many, so the index is read on both sides of them. Nothing that the
	// ledger writes is negative, but such a row must not be forgotten.
	for _, part := range []due{{NextEventUs: math.MinInt64}, {NextEventUs: 1}} {
		until := s.at
		if part.NextEventUs < 0 {
			until = -1
		}
		if err := s.pass(ctx, part, until); err != nil {
			return err
		}
	}
	return s.retryLocked(ctx)
}

// pass sweeps the accounts that come after a place, up to a time.
func (s *sweeper) pass(ctx context.Context, after due, until int64) error {
	for !s.out.More {
		room := s.limit - s.out.Accounts
		rows, err := s.list(ctx, after, until, min(sweepBatch, max(room, 1)))
		if err != nil || len(rows) == 0 {
			return err
		}
		if room == 0 {
			s.out.More, err = s.anyDue(ctx, after, until)
			return err
		}
		if err := s.sweep(ctx, usersOf(rows)); err != nil {
			return err
		}
		after = rows[len(rows)-1]
	}
	return nil
}

// list reads the next accounts. The order is that of the index by time, which
// holds the id too on some engines.
func (s *sweeper) list(ctx context.Context, after due, until int64, limit int) ([]due, error) {
	var rows []due
	err := s.db.NewRaw("SELECT id, user_uuid, next_event_us FROM credits WHERE "+dueAfter+" ORDER BY next_event_us, id LIMIT ?",
		after.NextEventUs, until, after.NextEventUs, after.ID, limit).Scan(ctx, &rows)
	return rows, err
}

const dueAfter = "next_event_us >= ? AND next_event_us <= ? AND (next_event_us > ? OR id > ?)"

// anyDue reports whether something really is due on one of the accounts after a
// place. Their next_event_us may be early: a charge of all that was left of a
// grant does not move it where it takes one round trip.
func (s *sweeper) anyDue(ctx context.Context, after due, until int64) (bool, error) {
	var ids []int64
	err := s.db.NewRaw("SELECT id FROM credits AS a WHERE "+dueAfter+" AND ("+
		"EXISTS (SELECT 1 FROM credits_lots AS l WHERE l.user_uuid = a.user_uuid AND l.live = ? AND l.expires_us <= ? "+
		"AND (l.free > 0 OR l.held > 0 OR (l.lot = a.open_lot AND a.open_left > 0))) OR "+
		"EXISTS (SELECT 1 FROM credits_holds AS h WHERE h.user_uuid = a.user_uuid AND h.status = ? AND h.due_us <= ?)) LIMIT 1",
		after.NextEventUs, until, after.NextEventUs, after.ID, true, s.at, HoldActive, s.at).Scan(ctx, &ids)
	return len(ids) > 0, err
}

func usersOf(rows []due) []string {
	users := make([]string, len(rows))
	for i, row := range rows {
		users[i] = row.UserUUID
	}
	return users
}

// How long a sweep waits for rows that others have locked, after the last one
// that became free: another sweep frees them a batch at a time.
const (
	lockPatience = 5 * time.Second
	lockPause    = 100 * time.Millisecond
)

// retryLocked tries the accounts again that were locked, as long as that helps.
// Those that still are then, and are due, are set aside.
func (s *sweeper) retryLocked(ctx context.Context) error {
	for deadline := time.Now().Add(lockPatience); len(s.locked) > 0; {
		users, begun := s.locked, time.Now()
		s.locked = nil
		for batch := range slices.Chunk(users, sweepBatch) {
			if s.out.Accounts >= s.limit {
				s.out.More = true
				return nil
			}
			if err := s.sweep(ctx, batch); err != nil {
				return err
			}
		}
		if len(s.locked) < len(users) {
			deadline = time.Now().Add(lockPatience)
		}
		if len(s.locked) == 0 || begun.After(deadline) {
			break
		}
		if err := sleep(ctx, lockPause); err != nil {
			return err
		}
	}
	for _, user := range s.locked {
		s.out.SetAside = append(s.out.SetAside, AccountError{UserUUID: user, Err: ErrLocked})
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
