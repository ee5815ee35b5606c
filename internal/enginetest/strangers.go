package enginetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
)

// A stranger is another user. Two transactions of callers, each about a user of
// its own, never wait for each other, whatever they do, at whichever isolation
// level. Users who are neighbours in every index are the ones that would.

// Act is something that a caller's transaction does for one user.
type Act struct {
	Name string
	Do   func(ctx context.Context, db bun.IDB, user string) error
	// Want is the refusal that it ends with, nil for success.
	Want error
}

// Run performs the act. A wait is an error, whatever the act wants.
func (a Act) Run(ctx context.Context, db bun.IDB, user string) error {
	err := a.Do(ctx, db, user)
	switch {
	case a.Want == nil || waited(err):
		return err
	case err == nil:
		return fmt.Errorf("not refused with %w", a.Want)
	case errors.Is(err, a.Want):
		return nil
	}
	return err
}

// waited reports whether a statement gave up waiting for a lock.
func waited(err error) bool {
	return errors.Is(err, dialect.ErrTransient) || errors.Is(err, dialect.ErrTimeout)
}

// Strangers are acts to perform beside each other.
type Strangers struct {
	// Found makes one of the users who are there beforehand.
	Found func(ctx context.Context, t testing.TB, db *bun.DB, user string)
	// Existing are acts for users who are there, Fresh for those who are not.
	Existing, Fresh []Act
}

// stranger is a user by the place among them.
func stranger(place int) string { return fmt.Sprintf("5a5a5a5a-5a5a-4a5a-8a5a-5a5a5a5a%04d", place) }

// neighbourhood is a user, and those to perform acts for meanwhile: on either
// side the nearest who is there and the nearest who is not.
type neighbourhood struct {
	subject         string
	acts            []Act
	existing, fresh []string
}

// NoWaits performs every act in a transaction that stays open, and meanwhile
// every act for the neighbours, who must not wait: at each isolation level at
// which an engine with row locks keeps readers from locking.
func (s Strangers) NoWaits(t *testing.T, env *Env) {
	t.Helper()
	db := env.Open(t, chameleon.WithLockTimeout(time.Second), chameleon.WithSlowQueryThreshold(0))
	for _, place := range []int{30, 50, 70} {
		s.Found(t.Context(), t, db, stranger(place))
	}
	places := []neighbourhood{
		{stranger(50), s.Existing, []string{stranger(30), stranger(70)}, []string{stranger(49), stranger(51)}},
		{stranger(40), s.Fresh, []string{stranger(30), stranger(50)}, []string{stranger(39), stranger(41)}},
	}
	for _, level := range levelsWithoutLockingReads(env.Engine) {
		t.Run(level.String(), func(t *testing.T) {
			waits := 0
			for _, place := range places {
				for _, first := range place.acts {
					waits += s.beside(t, db, level, place, first)
					if waits >= enoughWaits {
						t.Fatal("and perhaps others") // each takes a second
					}
				}
			}
		})
	}
}

// levelsWithoutLockingReads leaves SERIALIZABLE out on MySQL and MariaDB, where
// a plain SELECT locks what it reads and the gaps beside it.
func levelsWithoutLockingReads(engine dialect.Engine) []sql.IsolationLevel {
	levels := []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead}
	if engine == dialect.PostgreSQL {
		levels = append(levels, sql.LevelSerializable)
	}
	return levels
}

// enoughWaits end a test that has failed.
const enoughWaits = 10

// beside performs first for the subject and all acts for the neighbours, and
// returns how often they waited.
func (s Strangers) beside(t *testing.T, db *bun.DB, level sql.IsolationLevel, place neighbourhood, first Act) int {
	t.Helper()
	var waits []string
	inTx(t, db, level, func(tx bun.Tx) {
		if err := first.Run(t.Context(), tx, place.subject); err != nil {
			t.Errorf("%s: %v", first.Name, err)
			return
		}
		try := func(second Act, user string) {
			inTx(t, db, level, func(tx bun.Tx) {
				if err := second.Run(t.Context(), tx, user); waited(err) {
					waits = append(waits, second.Name)
				} else if err != nil {
					t.Errorf("beside %s: %s: %v", first.Name, second.Name, err)
				}
			})
		}
		for _, second := range s.Existing {
			for _, user := range place.existing {
				try(second, user)
			}
		}
		for _, second := range s.Fresh {
			for _, user := range place.fresh {
				try(second, user)
			}
		}
	})
	if slices.Sort(waits); len(waits) > 0 {
		t.Errorf("wait for an open transaction that did %q: %q", first.Name, slices.Compact(slices.Clone(waits)))
	}
	return len(waits)
}

// inTx runs fn in a transaction and rolls it back.
func inTx(t *testing.T, db *bun.DB, level sql.IsolationLevel, fn func(tx bun.Tx)) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
	if err != nil {
		t.Fatal(err)
	}
	fn(tx)
	if err := tx.Rollback(); err != nil {
		t.Errorf("roll back: %v", err)
	}
}
