package meter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// lease is a hold that credits are counted against.
type lease struct {
	key    string
	amount int64
	used   int64
	until  time.Time // nothing is counted from then on
	timer  *time.Timer
	// settling is set with the first attempt to settle it, after which nothing more is
	// counted: an attempt that is repeated has to be the same.
	settling *settlement
}

// take counts credits of the lease, if they are left and it is not old.
func (l *lease) take(amount int64) bool {
	if l == nil || l.settling != nil || amount > l.amount-l.used || !time.Now().Before(l.until) {
		return false
	}
	l.used += amount
	return true
}

// timeout bounds a change of leases.
const timeout = 30 * time.Second

// renew is a change, in a goroutine of its own: whoever waits may leave.
func (m *Meter) renew(c *change, old *lease) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	settled, next, err := m.turn(ctx, c.need, old)
	m.mu.Lock()
	defer m.mu.Unlock()
	if settled {
		if old != nil {
			m.totals.Settled += old.settling.paid
			m.totals.Lost += old.settling.lost
		}
		m.lease = next
	} else if !errors.Is(err, dialect.ErrClosed) {
		old.timer.Reset(max(m.p.Every, retryAfter))
	}
	if next != nil {
		next.timer = time.AfterFunc(m.p.Every, func() { m.due(next) })
	}
	m.change, c.err = nil, err
	close(c.done)
}

// due settles a lease that has become old, whether anybody counts or not.
func (m *Meter) due(l *lease) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lease == l && m.change == nil {
		m.begin(0)
	}
}

// turn settles the old lease and takes the next. A panic, of a query hook or a driver,
// is an error after which the old one is settled again.
func (m *Meter) turn(ctx context.Context, need int64, old *lease) (settled bool, next *lease, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			settled = old == nil || settled
			err = dialect.Unanswered(ctx, dialect.Of(m.p.DB).Engine, fmt.Errorf("a panic while a lease was changed: %v", reason))
		}
	}()
	m.dropStrays(ctx)
	if old != nil {
		old.timer.Stop()
		if old.settling == nil {
			old.settling = &settlement{left: old.used}
		}
		if err := m.settle(ctx, old); err != nil {
			return false, nil, err
		}
	}
	settled = true
	if need > 0 {
		next, err = m.take(ctx, need)
	}
	return settled, next, err
}

// take holds the next lease: as much as is usual, or what the account has if that is
// enough.
func (m *Meter) take(ctx context.Context, need int64) (*lease, error) {
	room, err := m.room(ctx, need)
	if err != nil {
		return nil, err
	}
	amount := min(max(m.p.Lease, need), room)
	for {
		m.leases++
		l := &lease{key: m.name + "-" + strconv.FormatInt(m.leases, 10), amount: amount}
		m.strays = append(m.strays, l.key) // unless its outcome becomes known
		_, err := credits.Hold(ctx, m.p.DB, m.hold(l.key, amount))
		if !errors.Is(err, dialect.ErrOutcomeUnknown) {
			m.strays = m.strays[:len(m.strays)-1]
		}
		if err == nil {
			l.until = time.Now().Add(m.p.Every)
			return l, nil
		}
		less, ok := errors.AsType[*credits.InsufficientError](err)
		if !ok {
			return nil, err
		}
		if less.Have < need || less.Have >= amount {
			return nil, &credits.InsufficientError{UserUUID: m.p.UserUUID, Need: need, Have: less.Have}
		}
		amount = less.Have
	}
}

// room is how much of the budgets is left, at least what is needed.
func (m *Meter) room(ctx context.Context, need int64) (int64, error) {
	room := int64(math.MaxInt64)
	for _, name := range m.p.Budgets {
		b, err := credits.GetBudget(ctx, m.p.DB, credits.GetBudgetParams{UserUUID: m.p.UserUUID, Name: name})
		if err != nil {
			return 0, err
		}
		for _, c := range []struct {
			period     credits.BudgetPeriod
			most, used int64
		}{
			{credits.BudgetDay, b.PerDay, b.SpentDay}, {credits.BudgetMonth, b.PerMonth, b.SpentMonth}, {credits.BudgetInAll, b.InAll, b.SpentInAll},
		} {
			if c.most == 0 {
				continue
			}
			left := max(c.most-c.used, 0)
			if left < need {
				return 0, &credits.BudgetError{UserUUID: m.p.UserUUID, Budget: name, Period: c.period, Need: need, Left: left}
			}
			room = min(room, left)
		}
	}
	return room, nil
}

func (m *Meter) hold(key string, amount int64) credits.HoldParams {
	return credits.HoldParams{
		UserUUID: m.p.UserUUID, Amount: amount, Type: m.p.Type, Key: key, Timeout: m.p.Every + m.p.Grace,
		OrderNo: m.p.OrderNo, GenID: m.p.GenID, Metadata: m.p.Metadata,
	}
}

// dropStrays gives back holds that nobody counts against. Those that cannot be given
// back now time out.
func (m *Meter) dropStrays(ctx context.Context) {
	for _, key := range m.strays {
		_, _ = credits.Release(ctx, m.p.DB, credits.ReleaseParams{UserUUID: m.p.UserUUID, HoldKey: key, Key: key + ":drop"})
	}
	m.strays = nil
}
