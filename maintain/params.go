package maintain

import (
	"context"
	"iter"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// The defaults of [Params].
const (
	DefaultExpireEvery = 5 * time.Minute
	DefaultFailEvery   = 5 * time.Minute
	DefaultStuckAfter  = time.Hour
	DefaultPayOutEvery = time.Hour
	DefaultHeadsEvery  = 24 * time.Hour
	DefaultNoticeEvery = time.Hour
	DefaultPurgeEvery  = time.Hour
	DefaultTotalsEvery = 5 * time.Minute
	DefaultRetryAfter  = 5 * time.Second
)

// Task names a kind of work.
type Task string

// The tasks.
const (
	// TaskExpire takes expired grants out and ends holds that timed out:
	// credits.ExpireDue.
	TaskExpire Task = "expire"
	// TaskFailStuck fails generations of which nothing is heard: generations.FailStuck.
	TaskFailStuck Task = "fail_stuck"
	// TaskPayOut makes the monthly grants of longer periods: orders.PayOut.
	TaskPayOut Task = "pay_out"
	// TaskHeads exports the heads of histories: audit.ExportHeads.
	TaskHeads Task = "heads"
	// TaskNotice tells of grants that expire soon, on a handle that writes events:
	// credits.NoticeExpiring.
	TaskNotice Task = "notice"
	// TaskPurge removes events that were delivered long ago: events.Purge.
	TaskPurge Task = "purge"
	// TaskTotals counts new sign-ups, payments, generations, feedback and entries of the
	// ledger into the totals that statistics read: KeepTotals of users, orders,
	// generations, content and credits.
	TaskTotals Task = "totals"
)

// Valid reports whether t is one of the tasks.
func (t Task) Valid() bool {
	switch t {
	case TaskExpire, TaskFailStuck, TaskPayOut, TaskHeads, TaskNotice, TaskPurge, TaskTotals:
		return true
	}
	return false
}

// Heads yields all heads of a database. An error ends the sequence.
type Heads = iter.Seq2[audit.ChainHead, error]

// Params configure the tasks. The zero value of a field means its default; a
// negative interval disables the task.
type Params struct {
	ExpireEvery    time.Duration
	FailStuckEvery time.Duration
	PayOutEvery    time.Duration
	HeadsEvery     time.Duration
	NoticeEvery    time.Duration
	PurgeEvery     time.Duration
	TotalsEvery    time.Duration
	// StuckAfter is after how long without activity a generation is failed, an hour
	// by default. It should be well above the longest time that a provider takes.
	StuckAfter time.Duration
	// NoticeWithin is how long before its expiry a grant is announced, 72 hours by
	// default.
	NoticeWithin time.Duration
	// KeepEvents is how long events are kept after delivery, a week by default.
	KeepEvents time.Duration
	// ExportHeads stores the heads out of reach of anyone who can write to the
	// database; [HeadsTo] writes files. Without it, heads are not exported. Set it in
	// only one process: unlike with the other tasks, every process that has it does
	// all of the work.
	ExportHeads func(ctx context.Context, at time.Time, heads Heads) error

	// Once does each task once, without delay, and returns: for cron.
	Once bool
	// RetryAfter is after how long a failed task is retried, 5 seconds by default.
	// It doubles with each failure, up to the task's interval.
	RetryAfter time.Duration
	// OnOutcome is called after each run of a task, from one goroutine per
	// task.
	OnOutcome func(Outcome)
	// Logger logs failures, what was set aside and, at debug level, completed
	// work; slog.Default() by default.
	Logger *slog.Logger
	// Clock is the clock by which tasks run, for tests and simulations; nil means
	// this machine's.
	Clock Clock
	// MaxAhead is how far the clock may be ahead of the database's; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// Clock tells the time and waits.
type Clock interface {
	Now() time.Time
	// Sleep returns when d has passed, or with ctx's error when that ends before.
	Sleep(ctx context.Context, d time.Duration) error
}

func (p Params) withDefaults() (Params, error) {
	for _, f := range []struct {
		d     *time.Duration
		value time.Duration
	}{
		{&p.ExpireEvery, DefaultExpireEvery},
		{&p.FailStuckEvery, DefaultFailEvery},
		{&p.PayOutEvery, DefaultPayOutEvery},
		{&p.HeadsEvery, DefaultHeadsEvery},
		{&p.NoticeEvery, DefaultNoticeEvery},
		{&p.PurgeEvery, DefaultPurgeEvery},
		{&p.TotalsEvery, DefaultTotalsEvery},
		{&p.StuckAfter, DefaultStuckAfter},
		{&p.RetryAfter, DefaultRetryAfter},
	} {
		if *f.d == 0 {
			*f.d = f.value
		}
	}
	for _, f := range []struct {
		name string
		d    time.Duration
	}{
		{"StuckAfter", p.StuckAfter},
		{"RetryAfter", p.RetryAfter},
		{"MaxAhead", p.MaxAhead},
		{"NoticeWithin", p.NoticeWithin},
		{"KeepEvents", p.KeepEvents},
	} {
		if f.d < 0 {
			return p, valid.Failf(f.name, "%v is negative", f.d)
		}
	}
	if p.Logger == nil {
		p.Logger = slog.Default()
	}
	return p, nil
}

// at is the time that verbs are called with: none of the machine's own clock, so that
// they take the moment of their call.
func (p Params) at() time.Time {
	if p.Clock == nil {
		return time.Time{}
	}
	return p.Clock.Now()
}

func (p Params) clock() Clock {
	if p.Clock == nil {
		return machine{}
	}
	return p.Clock
}

// machine is the clock of this machine.
type machine struct{}

func (machine) Now() time.Time { return time.Now() }

func (machine) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// jittered is d, a tenth more or less: processes that start together do not stay so.
func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
