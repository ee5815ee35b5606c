package archive

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// mover goes through accounts and moves entries of each, batch by batch.
type mover struct {
	db       *bun.DB
	batch    int
	pause    time.Duration
	progress func(Progress)
	report   *Report
}

// step moves one batch of an account. It returns how many entries that were, and
// whether there may be more.
type step func(ctx context.Context, user string) (moved int64, more bool, err error)

// accounts takes the step for one account, or for all that list has, until nothing is
// left to do.
func (m *mover) accounts(
	ctx context.Context, user string, list func(ctx context.Context, after string) ([]string, error), step step,
) error {
	if user != "" {
		return m.account(ctx, user, step)
	}
	for after := ""; ; {
		users, err := list(ctx, after)
		if err != nil || len(users) == 0 {
			return err
		}
		for _, user := range users {
			if err := m.account(ctx, user, step); err != nil {
				return err
			}
		}
		after = users[len(users)-1]
	}
}

func (m *mover) account(ctx context.Context, user string, step step) error {
	counted := false
	for more := true; more; {
		var moved int64
		var err error
		if moved, more, err = step(ctx, user); err != nil {
			return err
		}
		if moved > 0 && !counted {
			m.report.Accounts++
			counted = true
		}
		m.report.Entries += moved
		if m.progress != nil {
			m.progress(Progress{Accounts: m.report.Accounts, Entries: m.report.Entries, UserUUID: user})
		}
		if moved > 0 && !m.report.DryRun {
			if err := m.rest(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// rest lets others work.
func (m *mover) rest(ctx context.Context) error {
	if m.pause == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(m.pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
