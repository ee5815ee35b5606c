package maintain

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Run performs the tasks at their intervals until ctx ends, or once with p.Once. Any
// number of processes may run it at the same time, alongside every verb.
//
// A failed task is retried sooner than its interval; the others continue. A task that
// is running when ctx ends stops at its next statement: its transaction is rolled
// back, what it committed before stays, and Run returns once it has stopped.
//
// Errors: *InvalidError for a field of p, before anything is done. Failures of tasks are
// told to p.OnOutcome and p.Logger; with p.Once they are returned, too, joined. That ctx
// ended is none.
func Run(ctx context.Context, db *bun.DB, p Params) (*Report, error) {
	p, err := p.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &maintenance{db: db, p: p, report: &Report{}}
	tasks := m.tasks()
	if len(tasks) == 0 {
		return nil, valid.Failf("Params", "disables every task")
	}
	if p.Once {
		for _, t := range tasks {
			if ctx.Err() == nil {
				m.once(ctx, t)
			}
		}
		return m.report, m.failures()
	}
	var all sync.WaitGroup
	for _, t := range tasks {
		all.Go(func() { m.loop(ctx, t) })
	}
	all.Wait()
	return m.report, nil
}

type maintenance struct {
	db *bun.DB
	p  Params

	mu     sync.Mutex
	report *Report
}

// loop runs a task at its interval. The first run comes soon, within a tenth of it.
func (m *maintenance) loop(ctx context.Context, t task) {
	wait, failed := jittered(t.every/20), 0
	for m.p.clock().Sleep(ctx, wait) == nil {
		o := m.once(ctx, t)
		switch {
		case ctx.Err() != nil:
			return
		case o.Err == nil:
			wait, failed = jittered(t.every), 0
		default:
			wait, failed = jittered(min(m.p.RetryAfter<<min(failed, 20), t.every)), failed+1
		}
	}
}

// once runs a task, and tells what it did. One that ctx ended has not failed.
func (m *maintenance) once(ctx context.Context, t task) Outcome {
	o := Outcome{Task: t.name, At: m.p.clock().Now().UTC()}
	err := t.run(ctx, &o)
	if ctx.Err() == nil {
		o.Err = dialect.Classify(err)
	}
	o.log(m.p.Logger)
	m.mu.Lock()
	m.report.add(o)
	m.mu.Unlock()
	if m.p.OnOutcome != nil {
		m.p.OnOutcome(o)
	}
	return o
}

func (m *maintenance) failures() error {
	var all []error
	for _, o := range m.report.Tasks {
		all = append(all, o.Err)
	}
	return errors.Join(all...)
}

// task is work and its interval.
type task struct {
	name  Task
	every time.Duration
	run   func(ctx context.Context, o *Outcome) error
}

// tasks are those that the params do not leave out.
func (m *maintenance) tasks() []task {
	all := []task{
		{TaskExpire, m.p.ExpireEvery, m.expire},
		{TaskPayOut, m.p.PayOutEvery, m.payOut},
		{TaskFailStuck, m.p.FailStuckEvery, m.failStuck},
		{TaskPurge, m.p.PurgeEvery, m.purge},
		{TaskTotals, m.p.TotalsEvery, m.totals},
	}
	if dialect.Of(m.db).Events {
		all = append(all, task{TaskNotice, m.p.NoticeEvery, m.notice})
	}
	if m.p.ExportHeads != nil {
		all = append(all, task{TaskHeads, m.p.HeadsEvery, m.heads})
	}
	var wanted []task
	for _, t := range all {
		if t.every > 0 {
			wanted = append(wanted, t)
		}
	}
	return wanted
}
