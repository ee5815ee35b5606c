package events

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// An account's events are a lane. Whoever has a lease on its head, the first event that
// is not done, has the lane: nobody begins with a later one. A lease is the head's due_us,
// moved ahead, with a random name. So one that is not given back ends by itself, and a
// process that comes back too late finds another name there, and writes nothing.
//
// The events of an account are committed in the order of their Seq, because whoever
// writes one holds the account's row until its commit. So no earlier one appears later.

// laneRows is the maximum number of events that one lease delivers.
const laneRows = 50

// lane is one account's events, while one worker processes them.
type lane struct {
	db   *bun.DB
	p    DeliverParams
	user string
	done DeliverResult

	lease string
	ends  time.Time
}

// run delivers what is due in the lane, up to laneRows.
func (l *lane) run(ctx context.Context) error {
	pending, err := l.pending(ctx)
	if err != nil || len(pending) == 0 {
		return err
	}
	head := &pending[0]
	if head.DueUs > time.Now().UnixMicro() {
		return l.putOff(ctx, head)
	}
	if head.Attempts > 0 { // what a crash, or a failure, had to do with goes alone
		pending = pending[:1]
	}
	mine, err := l.take(ctx, head)
	if err != nil || !mine {
		return err
	}
	delivered, failure := l.deliver(ctx, pending)
	// What was delivered is noted, also when ctx has ended meanwhile.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialect.CleanupLimit)
	defer cancel()
	return l.finish(after, pending, delivered, failure, ctx.Err() != nil)
}

// pending reads the lane's first unfinished events.
func (l *lane) pending(ctx context.Context) (found []Record, err error) {
	err = l.db.NewSelect().Model(&found).Where("user_uuid = ?", l.user).Where("due_us IS NOT NULL").
		OrderExpr("seq").Limit(laneRows).Scan(ctx)
	return found, err
}

// take leases the head, unless another worker was faster.
func (l *lane) take(ctx context.Context, head *Record) (bool, error) {
	l.lease, l.ends = uuid.NewString(), time.Now().Add(l.p.Lease)
	var n int64
	err := dialect.InTx(ctx, l.db, func(ctx context.Context, tx bun.Tx) (err error) {
		n, err = rows.Affected(tx.NewUpdate().Model((*Record)(nil)).
			Set("due_us = ?", l.ends.UnixMicro()).Set("lease = ?", l.lease).Set("attempts = attempts + 1").
			Where("id = ? AND user_uuid = ? AND due_us = ? AND attempts = ?", head.ID, l.user, head.DueUs, head.Attempts).Exec(ctx))
		return err
	})
	return n == 1, err
}

// deliver calls the handler until an event fails or half of the lease has passed, and
// returns the number of events that it accepted.
func (l *lane) deliver(ctx context.Context, pending []Record) (int, error) {
	ctx, cancel := context.WithDeadline(ctx, l.ends)
	defer cancel()
	half := l.ends.Add(-l.p.Lease / 2)
	for i := range pending {
		if i > 0 && (ctx.Err() != nil || time.Now().After(half)) {
			return i, nil
		}
		if err := l.call(ctx, pending[i].event()); err != nil {
			return i, err
		}
	}
	return len(pending), nil
}

// call calls the handler. A panic counts as a failure.
func (l *lane) call(ctx context.Context, e Event) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the handler panicked: %v", r)
		}
	}()
	return l.p.Handler(ctx, e)
}

// finish records what became of the lane's events, if the lease is still this one. Stopped
// means that the failure is not the event's fault.
func (l *lane) finish(ctx context.Context, pending []Record, delivered int, failure error, stopped bool) error {
	var lost bool
	err := dialect.InTx(ctx, l.db, func(ctx context.Context, tx bun.Tx) error {
		head, err := l.lockHead(ctx, tx, pending[0].ID)
		if lost = err == nil && (head == nil || head.Lease != l.lease); err != nil || lost {
			return err
		}
		now := time.Now().UnixMicro()
		if err := l.noteDelivered(ctx, tx, pending, delivered, now); err != nil {
			return err
		}
		again := now
		if delivered < len(pending) {
			failed := &pending[delivered]
			if failure != nil && !stopped {
				failed.Attempts++
			}
			if again, err = l.noteFailed(ctx, tx, failed, failure, stopped, now); err != nil {
				return err
			}
		}
		return l.schedule(ctx, tx, again)
	})
	switch {
	case err != nil:
		return err
	case lost:
		l.done.Lost++
		return nil
	}
	l.done.Delivered += int64(delivered)
	if delivered < len(pending) && failure != nil && !stopped {
		l.done.Failed++
		if pending[delivered].Attempts >= int64(l.p.MaxAttempts) {
			l.done.Parked++
		}
	}
	return nil
}

func (l *lane) lockHead(ctx context.Context, tx bun.Tx, id int64) (*Record, error) {
	var found []Record
	err := rows.ForUpdate(tx.NewSelect().Model(&found).Where("id = ? AND user_uuid = ?", id, l.user), tx).Scan(ctx)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func (l *lane) noteDelivered(ctx context.Context, tx bun.Tx, pending []Record, delivered int, now int64) error {
	if delivered == 0 {
		return nil
	}
	_, err := tx.NewUpdate().Model((*Record)(nil)).
		Set("attempts = CASE WHEN id = ? THEN attempts - 1 ELSE attempts END", pending[0].ID). // begun, and ended well
		Set("due_us = NULL").Set("lease = NULL").Set("last_error = NULL").Set("done_us = ?", now).
		Where("user_uuid = ? AND seq <= ? AND due_us IS NOT NULL", l.user, pending[delivered-1].Seq).Exec(ctx)
	return err
}

// noteFailed postpones or parks the event that failed, and returns when the lane continues.
func (l *lane) noteFailed(
	ctx context.Context, tx bun.Tx, failed *Record, failure error, stopped bool, now int64,
) (int64, error) {
	q := tx.NewUpdate().Model((*Record)(nil)).Set("lease = NULL").Set("attempts = ?", failed.Attempts).
		Where("id = ? AND user_uuid = ? AND due_us IS NOT NULL", failed.ID, l.user)
	if failure != nil && !stopped {
		q = q.Set("last_error = ?", cut(failure.Error()))
	}
	if failed.Attempts >= int64(l.p.MaxAttempts) && failure != nil && !stopped {
		_, err := q.Set("due_us = NULL").Set("parked_at = ?", time.UnixMicro(now).UTC()).Exec(ctx)
		return now, err
	}
	again := now
	if failure != nil && !stopped {
		again += l.p.pause(failed.Attempts).Microseconds()
	}
	_, err := q.Set("due_us = ?", again).Exec(ctx)
	return again, err
}

// schedule makes the rest of the lane wait until a time.
func (l *lane) schedule(ctx context.Context, tx bun.Tx, at int64) error {
	_, err := tx.NewUpdate().Model((*Record)(nil)).Set("due_us = ?", at).
		Where("user_uuid = ? AND due_us IS NOT NULL", l.user).Exec(ctx)
	return err
}

// putOff makes the lane wait for its head, which another worker has leased or which failed,
// so that it is not looked at earlier. The head may be finished in the meantime.
func (l *lane) putOff(ctx context.Context, seen *Record) error {
	return dialect.InTx(ctx, l.db, func(ctx context.Context, tx bun.Tx) error {
		head, err := l.lockHead(ctx, tx, seen.ID)
		if err != nil || head == nil || head.DueUs != seen.DueUs {
			return err
		}
		_, err = tx.NewUpdate().Model((*Record)(nil)).Set("due_us = ?", head.DueUs).
			Where("user_uuid = ? AND seq > ? AND due_us < ?", l.user, head.Seq, head.DueUs).Exec(ctx)
		return err
	})
}

// pause is how long to wait after so many failures.
func (p DeliverParams) pause(failures int64) time.Duration {
	d := p.RetryAfter
	for ; failures > 1 && d < p.RetryMost; failures-- {
		d *= 2
	}
	return min(d, p.RetryMost)
}

// maxError bounds the stored part of a handler's error, in bytes.
const maxError = 2000

// cut is a handler's error as it can be stored.
func cut(text string) string {
	text = valid.Storable(text)
	if len(text) > maxError {
		text = valid.Storable(text[:maxError])
	}
	return text
}
