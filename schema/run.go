package schema

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// run plans and makes all changes under the lock. It can be called again after a failure.
func (p *pusher) run(ctx context.Context, s *site) error {
	p.pending = nil
	made, online, err := p.decide(ctx, s)
	switch {
	case err != nil:
		return err
	case len(made.changes) == 0:
		return p.close(ctx, s.q, made)
	case !online:
		return p.write(ctx, s.q, made, nil)
	}
	// Meanwhile, the lock's transaction stays open and empty.
	return s.apart(ctx, func(ctx context.Context, conn *sql.Conn) error {
		return p.apart(ctx, s, conn, made)
	})
}

// decide makes the plan and reports whether some of it must run outside the transaction
// that has the lock. If so, it releases the tables that it has read, which could otherwise
// not be altered on another connection.
func (p *pusher) decide(ctx context.Context, s *site) (made *plan, online bool, err error) {
	const look = "SAVEPOINT chameleon_look"
	if s.apart != nil {
		if _, err := s.q.ExecContext(ctx, look); err != nil {
			return nil, false, err
		}
	}
	if made, err = p.plan(ctx, s.q, s.apart != nil); err != nil {
		return nil, false, err
	}
	if err := p.check(ctx, s.q, made); err != nil {
		return nil, false, err
	}
	n := len(made.changes)
	if s.apart == nil || n == 0 || !made.changes[n-1].Online {
		return made, false, nil
	}
	_, err = s.q.ExecContext(ctx, "ROLLBACK TO "+look)
	return made, true, err
}

// close completes the record of a push that died after its last change.
func (p *pusher) close(ctx context.Context, q bun.IConn, made *plan) error {
	if !made.recorded {
		return nil
	}
	j := journal{p.eng, q}
	last, err := j.last(ctx)
	if err != nil || last == nil || last.State != Unfinished {
		return err
	}
	whole, err := j.settle(ctx, last)
	if err != nil || !whole {
		return err
	}
	return j.end(ctx, last, Done)
}

// end records the state in which a push ended.
func (j journal) end(ctx context.Context, push *Pushed, state State) error {
	push.State, push.EndedAt, push.Problem = state, time.Now().UTC(), ""
	return j.save(ctx, push)
}

// apart makes all changes that can run in a transaction in one, and then builds the indexes
// of large tables one by one.
func (p *pusher) apart(ctx context.Context, s *site, conn *sql.Conn, made *plan) error {
	var push *Pushed
	j := journal{p.eng, conn}
	err := inTx(ctx, conn, p.options.waits(), func(tx *sql.Tx) (err error) {
		push, err = p.start(ctx, journal{p.eng, tx}, made)
		if err == nil {
			err = p.make(ctx, journal{p.eng, tx}, push, made, nil, func(c Change) bool { return !c.Online })
		}
		if err == nil {
			err = journal{p.eng, tx}.progress(ctx, push)
		}
		return err
	})
	if err != nil {
		return err
	}
	p.keep()
	alive := func() error { // nobody else pushes while the lock is ours
		_, err := number(ctx, s.q, "SELECT 1")
		return err
	}
	return p.finish(ctx, j, push, made, alive)
}

// inTx runs a transaction on a connection to PostgreSQL, with the timeouts of a push.
func inTx(ctx context.Context, conn *sql.Conn, w waits, fn func(tx *sql.Tx) error) error {
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := bounds(ctx, tx, w); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// write makes all changes through q.
func (p *pusher) write(ctx context.Context, q bun.IConn, made *plan, alive func() error) error {
	j := journal{p.eng, q}
	push, err := p.start(ctx, j, made)
	if err != nil {
		return err
	}
	return p.finish(ctx, j, push, made, alive)
}

// finish makes the remaining changes of a push and completes its record.
func (p *pusher) finish(ctx context.Context, j journal, push *Pushed, made *plan, alive func() error) error {
	if err := p.make(ctx, j, push, made, alive, func(Change) bool { return true }); err != nil {
		p.note(ctx, j, push, err)
		return err
	}
	return j.end(ctx, push, Done)
}

// note records the error of an unfinished push, if that can be stored.
func (p *pusher) note(ctx context.Context, j journal, push *Pushed, err error) {
	if _, apart := j.q.(*sql.Conn); !apart {
		return // rolled back with the rest
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialect.CleanupLimit)
	defer cancel()
	push.Problem = explain(p.name, err).Error()
	_ = j.save(ctx, push)
}

// start records the push before its first change: as a new one, or as the continuation of an
// unfinished one.
func (p *pusher) start(ctx context.Context, j journal, made *plan) (*Pushed, error) {
	for _, c := range made.record {
		if _, err := p.statement(ctx, j.q, c, made.tables[c.Table]); err != nil {
			return nil, err
		}
	}
	last, err := j.last(ctx)
	if err != nil {
		return nil, err
	}
	if last != nil && last.State != Done {
		whole, err := j.settle(ctx, last)
		if err != nil {
			return nil, err
		}
		if !whole {
			last.Changes = append(last.Changes[:last.Made:last.Made], made.changes...)
			last.State, last.Version = Unfinished, version()
			p.result.Push, p.result.Resumed = last.ID, true
			return last, j.save(ctx, last)
		}
		if err := j.end(ctx, last, Done); err != nil {
			return nil, err
		}
	}
	push := &Pushed{Version: version(), State: Unfinished, Changes: made.changes, StartedAt: time.Now().UTC()}
	err = j.begin(ctx, push)
	p.result.Push = push.ID
	return push, err
}

// make makes the remaining chosen changes of a push in order, and records each.
func (p *pusher) make(
	ctx context.Context, j journal, push *Pushed, made *plan, alive func() error, chosen func(Change) bool,
) error {
	for push.Made < len(push.Changes) && chosen(push.Changes[push.Made]) {
		c := &push.Changes[push.Made]
		if alive != nil {
			if err := alive(); err != nil {
				return err
			}
		}
		if err := p.options.cut(push.Made, false); err != nil {
			return err
		}
		statement, err := p.statement(ctx, j.q, *c, made.tables[c.Table])
		if err != nil {
			return err
		}
		if c.Statement != statement {
			c.Statement, c.Blocks, c.Online = statement, BlocksWrites, false
		}
		if err := p.options.cut(push.Made, true); err != nil {
			return err
		}
		p.pending = append(p.pending, *c)
		push.Made++
		if p.eng.rollsBack() && !c.Online {
			continue
		}
		p.keep()
		if err := j.progress(ctx, push); err != nil {
			return err
		}
	}
	return nil
}

// keep marks as made what can no longer be rolled back.
func (p *pusher) keep() {
	p.result.Changes = append(p.result.Changes, p.pending...)
	p.pending = nil
}

// statement makes one change, blocking as little as the server can, and returns the
// statement that made it.
func (p *pusher) statement(ctx context.Context, q bun.IConn, c Change, table modelTable) (string, error) {
	if c.Clears != "" {
		if _, err := q.ExecContext(ctx, c.Clears); err != nil {
			return "", failed(p.name, c, table, err)
		}
	}
	for statement := c.Statement; ; {
		err := p.patiently(ctx, q, statement)
		if err == nil {
			return statement, nil
		}
		next := p.eng.otherwise(statement, err)
		if next == "" {
			return "", failed(p.name, c, table, err)
		}
		statement = next
	}
}

// patiently retries a statement that waits for a table, with pauses, so that nobody queues
// behind it for long. In a transaction, the whole transaction is retried instead.
func (p *pusher) patiently(ctx context.Context, q bun.IConn, statement string) error {
	run := func() error {
		_, err := q.ExecContext(ctx, statement)
		return err
	}
	if p.eng.rollsBack() {
		return run()
	}
	return p.options.waits().again(ctx, run)
}
