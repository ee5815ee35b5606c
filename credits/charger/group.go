package charger

import (
	"context"
	"errors"
	"fmt"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// post posts a group of the lane. If it fails, and its parts may not, its accounts go
// apart.
func (l *lane) post(group []*call) {
	err := l.charger.settle(group)
	switch {
	case err == nil:
	case divisible(err) && len(group) > 1:
		l.setAside(group)
	default:
		l.charger.fail(group, err)
	}
}

// postAside posts a group of one account, and its charges one by one if it fails.
func (l *lane) postAside(group []*call) {
	err := l.charger.settle(group)
	if err == nil {
		return
	}
	if !divisible(err) || len(group) == 1 {
		l.charger.fail(group, err)
		return
	}
	for i := range group {
		if err := l.charger.settle(group[i : i+1]); err != nil {
			l.charger.fail(group[i:i+1], err)
		}
	}
}

// settle posts a group and gives each call its outcome, or returns the error that
// kept it from all of them. Where the answer was lost it looks for it once.
func (c *Charger) settle(group []*call) error {
	outcomes, err := c.try(group)
	if errors.Is(err, dialect.ErrOutcomeUnknown) && c.work.Err() == nil {
		for _, one := range group {
			one.lost = err
		}
		outcomes, err = c.try(group)
	}
	if err != nil {
		return err
	}
	for i, one := range group {
		c.leave()
		one.finish(outcomes[i].Operation, outcomes[i].Err)
	}
	return nil
}

// fail gives all of a group the same error.
func (c *Charger) fail(group []*call, err error) {
	for _, one := range group {
		c.leave()
		one.finish(nil, err)
	}
}

// try is one attempt at a group. A panic, of a hook or a driver, is an error of which
// nobody knows what happened before.
func (c *Charger) try(group []*call) (outcomes []credits.Outcome, err error) {
	if c.work.Err() != nil {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithTimeout(c.work, c.timeout)
	defer cancel()
	defer func() {
		if reason := recover(); reason != nil {
			outcomes, err = nil, dialect.Unanswered(ctx, c.engine, fmt.Errorf("a panic while charges were posted: %v", reason))
		}
	}()
	ops := make([]credits.Op, len(group))
	for i, one := range group {
		ops[i] = one.op
	}
	return credits.Post(ctx, c.db, credits.PostParams{Ops: ops})
}

// divisible reports whether parts of a group that failed with err may not fail: it is
// the failure of a row, a lock or a statement, and not that of the server or of the
// whole schema.
func divisible(err error) bool {
	for _, whole := range []error{
		ErrClosed, dialect.ErrUnavailable, dialect.ErrUnauthenticated, dialect.ErrPermission, dialect.ErrNoDatabase,
		dialect.ErrTLS, dialect.ErrTooManyConnections, dialect.ErrUnsupportedVersion, dialect.ErrSchemaMissing,
		dialect.ErrCanceled, dialect.ErrClosed, dialect.ErrTimeZone,
	} {
		if errors.Is(err, whole) {
			return false
		}
	}
	return true
}
