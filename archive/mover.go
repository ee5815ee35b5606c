package archive

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// mover goes through accounts and moves rows of each, batch by batch.
type mover struct {
	db       *bun.DB
	batch    int
	pause    time.Duration
	progress func(Progress)
	report   *Report
}

// part is what is moved of one table.
type part struct {
	// list lists the first accounts after one that have rows to move.
	list func(ctx context.Context, after string) ([]string, error)
	// step moves one batch of an account. It returns how many rows that were, and
	// whether there may be more.
	step func(ctx context.Context, user string) (moved int64, more bool, err error)
	// moved counts the rows.
	moved *int64
}

// accounts moves the parts of one account, or of all that they list, until nothing is
// left to do.
func (m *mover) accounts(ctx context.Context, user string, parts ...part) error {
	if user != "" {
		return m.account(ctx, user, parts)
	}
	for after := ""; ; {
		users, err := list(ctx, after, parts)
		if err != nil || len(users) == 0 {
			return err
		}
		for _, user := range users {
			if err := m.account(ctx, user, parts); err != nil {
				return err
			}
		}
		after = users[len(users)-1]
	}
}

// list merges what the parts list, as far as each of them listed all.
func list(ctx context.Context, after string, parts []part) (users []string, err error) {
	for _, p := range parts {
		found, err := p.list(ctx, after)
		if err != nil {
			return nil, err
		}
		users = append(users, found...)
	}
	slices.Sort(users)
	users = slices.Compact(users)
	return users[:min(len(users), listed)], nil
}

func (m *mover) account(ctx context.Context, user string, parts []part) error {
	counted := false
	for _, p := range parts {
		for more := true; more; {
			var moved int64
			var err error
			if moved, more, err = p.step(ctx, user); err != nil {
				return err
			}
			if moved > 0 && !counted {
				m.report.Accounts++
				counted = true
			}
			*p.moved += moved
			m.tell(user)
			if moved > 0 && !m.report.DryRun {
				if err := m.rest(ctx); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (m *mover) tell(user string) {
	if r := m.report; m.progress != nil {
		m.progress(Progress{Accounts: r.Accounts, Entries: r.Entries, Generations: r.Generations, UserUUID: user})
	}
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
