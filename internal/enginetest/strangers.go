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

// stranger is a user by the place among them. Those of one street are neighbours.
func stranger(street, place int) string {
	return fmt.Sprintf("5a5a5a5a-5a5a-4a5a-8a5a-5a5a5a%03d%03d", street, place)
}

// The places of a street: two subjects, and on either side of each the nearest
// who is there and the nearest who is not.
const (
	freshSubject, subject = 40, 50
	before, after         = 30, 70
)

func freshPlaces() []int { return []int{39, 41, 49, 51} }

// NoWaits performs every act for two subjects, in transactions that stay open,
// and meanwhile every act for their neighbours, who must not wait: in
// transactions of callers, at each isolation level at which an engine with row
// locks keeps readers from locking, and without one.
//
// The subjects' acts are not tried one by one. A transaction performs one after
// the other, and so comes to hold what all of them lock; acts that cannot follow
// on those before are left to the next round. So the neighbours' acts are
// performed a few times, not as often as there are acts; whom one waits for is
// looked into when that happens.
func (s Strangers) NoWaits(t *testing.T, env *Env) {
	t.Helper()
	db := env.Open(t, chameleon.WithLockTimeout(time.Second), chameleon.WithSlowQueryThreshold(0))
	street := 0
	for _, level := range levelsWithoutLockingReads(env.Engine) {
		t.Run(level.String(), func(t *testing.T) {
			for existing, fresh := s.Existing, s.Fresh; len(existing)+len(fresh) > 0; {
				n := neighbourhood{s, db, level, street, map[string]string{}}
				leftExisting, leftFresh := n.round(t, existing, fresh)
				if len(n.waiting) > 0 {
					n.confirm(t, existing, fresh)
				}
				if t.Failed() {
					return // what the next round shows would be the same
				}
				existing, fresh, street = leftExisting, leftFresh, street+1
			}
		})
	}
}

// levelsWithoutLockingReads leaves SERIALIZABLE out on MySQL and MariaDB, where
// a plain SELECT locks what it reads and the gaps beside it. On PostgreSQL it is
// REPEATABLE READ, with the same locks and more to fail by. SQLite has one level.
func levelsWithoutLockingReads(engine dialect.Engine) []sql.IsolationLevel {
	switch engine {
	case dialect.SQLite:
		return []sql.IsolationLevel{sql.LevelDefault}
	case dialect.PostgreSQL:
		return []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelSerializable}
	}
	return []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead}
}

// neighbourhood is a street beside whose subjects everything is to go on.
type neighbourhood struct {
	Strangers

	db     *bun.DB
	level  sql.IsolationLevel
	street int
	// waiting are the acts that waited, with where and why.
	waiting map[string]string
}

// found makes the users of the street who are there.
func (n neighbourhood) found(t *testing.T) {
	t.Helper()
	for _, place := range []int{before, subject, after} {
		n.Found(t.Context(), t, n.db, stranger(n.street, place))
	}
}

// round performs acts for the subjects, and everything for the neighbours while
// the transactions are open. It returns the acts that are left to the next one.
func (n neighbourhood) round(t *testing.T, existing, fresh []Act) (leftExisting, leftFresh []Act) {
	t.Helper()
	n.found(t)
	if !dialect.Of(n.db).LocksRows() { // one writer: the others wait whatever it does
		inTx(t, n.db, n.level, func(tx bun.Tx) { leftExisting = n.perform(t, tx, existing, subject) })
		inTx(t, n.db, n.level, func(tx bun.Tx) { leftFresh = n.perform(t, tx, fresh, freshSubject) })
		return leftExisting, leftFresh
	}
	inTx(t, n.db, n.level, func(ofExisting bun.Tx) {
		leftExisting = n.perform(t, ofExisting, existing, subject)
		inTx(t, n.db, n.level, func(ofFresh bun.Tx) {
			leftFresh = n.perform(t, ofFresh, fresh, freshSubject)
			n.within(t)
			n.alone(t)
		})
	})
	return leftExisting, leftFresh
}

// perform performs acts for a subject and returns those that have to be first.
func (n neighbourhood) perform(t *testing.T, tx bun.Tx, acts []Act, place int) (left []Act) {
	t.Helper()
	for i, act := range acts {
		err := act.Run(t.Context(), tx, stranger(n.street, place))
		switch {
		case err == nil:
		case waited(err): // of the second subject, for the first one
			n.judge(t, act, stranger(n.street, place), err)
		case broke(err), i == 0:
			t.Fatalf("%s: %v", act.Name, err)
		default:
			left = append(left, act)
		}
	}
	return left
}

// broke reports whether the engine failed, rather than a verb refused.
func broke(err error) bool { return errors.As(err, new(*dialect.Error)) }

// each calls fn with every act and every neighbour that it is for, until the act
// has waited, or enough have.
func (n neighbourhood) each(fn func(act Act, user string)) {
	do := func(act Act, user string) {
		if len(n.waiting) < enoughWaits && n.waiting[act.Name] == "" {
			fn(act, user)
		}
	}
	for _, place := range []int{before, after} {
		for _, act := range n.Existing {
			do(act, stranger(n.street, place))
		}
	}
	for _, place := range freshPlaces() {
		for _, act := range n.Fresh {
			do(act, stranger(n.street, place))
		}
	}
}

// within performs the neighbours' acts in callers' transactions.
func (n neighbourhood) within(t *testing.T) {
	t.Helper()
	n.each(func(act Act, user string) {
		var err error
		inTx(t, n.db, n.level, func(tx bun.Tx) { err = act.Run(t.Context(), tx, user) })
		n.judge(t, act, user, err)
	})
}

// alone performs them without, one after the other: what a verb ends with where
// those before have been stored is of no interest.
func (n neighbourhood) alone(t *testing.T) {
	t.Helper()
	n.each(func(act Act, user string) {
		ctx, cancel := context.WithTimeout(t.Context(), aloneLimit)
		defer cancel()
		if err := act.Do(ctx, n.db, user); broke(err) {
			n.judge(t, act, user, err)
		}
	})
}

// aloneLimit is for a verb that runs its own transaction again after each wait.
const aloneLimit = 20 * time.Second

// enoughWaits end a round that has failed, and enoughSuspects the search for what
// was waited for: each takes a second at least.
const (
	enoughWaits    = 10
	enoughSuspects = 2
)

// judge notes an act that waited, and fails the test for one that failed.
func (n neighbourhood) judge(t *testing.T, act Act, user string, err error) {
	t.Helper()
	switch {
	case waited(err):
		n.waiting[act.Name] = fmt.Sprintf("for %s: %v", user, err)
	case err != nil:
		t.Errorf("beside strangers: %s: %v", act.Name, err)
	}
}

// confirm fails the test for acts that wait again on another street. A page of an
// index that is split just then leaves a lock on the gap between its halves, which
// is InnoDB's and nobody's mistake.
func (n neighbourhood) confirm(t *testing.T, existing, fresh []Act) {
	t.Helper()
	again := n
	again.street, again.waiting = n.street+100, map[string]string{}
	again.round(t, existing, fresh)
	looked := 0
	for name, why := range again.waiting {
		if n.waiting[name] == "" {
			continue
		}
		if looked++; looked > enoughSuspects {
			t.Errorf("%q waits, too, %s", name, why)
			continue
		}
		again.street += 50
		t.Errorf("%q waits for a transaction that did one of %q, %s", name, again.suspects(t, name), why)
	}
}

// suspects are the subjects' acts that make an act wait by themselves, on a
// street where nobody has done anything.
func (n neighbourhood) suspects(t *testing.T, second string) (names []string) {
	t.Helper()
	n.found(t)
	n.waiting = nil // each act is tried again
	beside := func(first Act, user string) {
		inTx(t, n.db, n.level, func(tx bun.Tx) {
			_ = first.Do(t.Context(), tx, user)
			try := func(act Act, user string) {
				if act.Name != second || slices.Contains(names, first.Name) {
					return
				}
				inTx(t, n.db, n.level, func(tx bun.Tx) {
					if waited(act.Do(t.Context(), tx, user)) {
						names = append(names, first.Name)
					}
				})
			}
			n.each(try)
			if user == stranger(n.street, subject) {
				for _, act := range n.Fresh {
					try(act, stranger(n.street, freshSubject))
				}
			}
		})
	}
	for _, first := range n.Existing {
		beside(first, stranger(n.street, subject))
	}
	for _, first := range n.Fresh {
		beside(first, stranger(n.street, freshSubject))
	}
	return names
}

// inTx runs fn in a transaction and rolls it back.
func inTx(t *testing.T, db *bun.DB, level sql.IsolationLevel, fn func(tx bun.Tx)) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Errorf("roll back: %v", err)
		}
	}()
	fn(tx)
}
