package credits_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/ledgertest/ledgermodel"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// crash is an operation that is cut off at every point.
type crash struct {
	name string
	// before is what the accounts have been through, ops is what is cut off.
	before, ops func(user string) []credits.Op
}

func ops(list ...credits.Op) []credits.Op { return list }

// crashOf makes a crash of a single operation after a common past: two grants, of
// which one is soon used up, a charge over both, and a hold.
func crashOf(name string, op func(user string) credits.Op) crash {
	return crash{name, crashPast, func(user string) []credits.Op { return ops(op(user)) }}
}

func crashPast(user string) []credits.Op {
	return ops(
		credits.GrantParams{UserUUID: user, Amount: 10, Type: "gift", Key: "a", ExpiresAt: hour(10), At: start},
		credits.GrantParams{UserUUID: user, Amount: 100, Type: "gift", Key: "b", At: start},
		credits.ChargeParams{UserUUID: user, Amount: 2, Key: "c", At: start},
		credits.HoldParams{UserUUID: user, Amount: 4, Key: "h", Timeout: 5 * time.Hour, At: start},
	)
}

var crashes = []crash{
	{"the first grant", func(string) []credits.Op { return nil }, func(user string) []credits.Op {
		return ops(credits.GrantParams{UserUUID: user, Amount: 10, Type: "gift", Key: "x", At: start})
	}},
	crashOf("a charge of the grant at hand", func(user string) credits.Op {
		return credits.ChargeParams{UserUUID: user, Amount: 1, Key: "x", At: start}
	}),
	crashOf("a charge over two grants", func(user string) credits.Op {
		return credits.ChargeParams{UserUUID: user, Amount: 50, Key: "x", At: start}
	}),
	crashOf("a charge after a timeout and an expiry", func(user string) credits.Op {
		return credits.ChargeParams{UserUUID: user, Amount: 50, Key: "x", At: hour(11)}
	}),
	crashOf("a refund", func(user string) credits.Op {
		return credits.RefundParams{UserUUID: user, ChargeKey: "c", Key: "x", At: start}
	}),
	crashOf("a hold", func(user string) credits.Op {
		return credits.HoldParams{UserUUID: user, Amount: 20, Key: "x", At: start}
	}),
	crashOf("a capture", func(user string) credits.Op {
		return credits.CaptureParams{UserUUID: user, HoldKey: "h", Amount: 3, Key: "x", At: start}
	}),
	crashOf("a claw-back into debt", func(user string) credits.Op {
		return credits.ClawBackParams{UserUUID: user, GrantKey: "a", Total: 10, Key: "x", At: start}
	}),
	crashOf("a batch", func(string) credits.Op { return nil }),
}

// TestCutOffAnywhere cuts each operation off at every exchange with the
// database, once before the database hears of it and once after it has done
// what was asked. All of it must be stored, or nothing, whoever's transaction
// it was; and the same call again completes it exactly once.
func TestCutOffAnywhere(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, c := range crashes {
			t.Run(c.name, func(t *testing.T) {
				for _, caller := range []bool{false, true} {
					exchanges := cutEverywhere(t, env, c, 1, false, caller)
					// An answer that is lost on the way differs from a request that
					// is, to the database, at the end only.
					cutEverywhere(t, env, c, max(1, exchanges-1), true, caller)
				}
			})
		}
	})
}

// cutEverywhere moves the cut on until the operation gets through without
// reaching it, and returns how many exchanges it takes.
func cutEverywhere(t *testing.T, env *enginetest.Env, c crash, from int, after, caller bool) int {
	t.Helper()
	f := newFaulty(t, env)
	reached, errs := 0, 0
	for n := from; ; n++ {
		require.Less(t, n, 100, "it never ends")
		name := fmt.Sprintf("%s, cut %d, after it was done %v, in a caller's transaction %v", c.name, n, after, caller)
		happened, err := cutAt(t, env, f, c, caller, cut{n, after}, name)
		if !happened {
			require.NoError(t, err, "%s: not cut, and it fails", name)
			break
		}
		reached++
		if err != nil {
			errs++
		}
	}
	assert.Positive(t, reached, "no cut was ever reached")
	if caller {
		assert.Equal(t, reached, errs, "a caller's transaction that lost its connection cannot go on")
	}
	return from - 1 + reached
}

// cutAt runs the operation once with a cut, checks that it was all or nothing,
// runs it again and checks the end.
func cutAt(t *testing.T, env *enginetest.Env, f faulty, c crash, caller bool, at cut, name string) (bool, error) {
	t.Helper()
	ctx := t.Context()
	users := []string{uuid.NewString()}
	past, todo := c.before(users[0]), c.ops(users[0])
	if todo[0] == nil { // a batch over three accounts
		users = append(users, uuid.NewString(), uuid.NewString())
		past, todo = nil, nil
		for _, user := range users {
			past = append(past, crashPast(user)...)
			todo = append(todo,
				credits.ChargeParams{UserUUID: user, Amount: 20, Key: "x", At: start},
				credits.GrantParams{UserUUID: user, Amount: 5, Type: "gift", Key: "y", At: hour(6)},
			)
		}
	}
	model := &ledgermodel.Ledger{}
	if len(past) > 0 {
		_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: past, AllOrNothing: true})
		require.NoError(t, err)
		_, err = model.Post(past, true)
		require.NoError(t, err)
	}
	nothing := model.Clone()
	_, err := model.Post(todo, true)
	require.NoError(t, err)

	require.NoError(t, f.db().PingContext(ctx))
	f.arm(at)
	cutErr := perform(ctx, f.db(), todo, caller)
	happened := f.disarm()

	want := nothing
	entries, err := env.DB.NewSelect().Table("credits_trans").Where("user_uuid = ?", users[0]).Count(ctx)
	require.NoError(t, err)
	if entries > int64(len(nothing.Account(users[0]).Entries)) {
		want = model
	}
	if cutErr == nil {
		want = model
	}
	for _, user := range users {
		t.Helper()
		checkModel(ctx, named{t, name}, env.DB, want.Account(user))
	}
	outcomes, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: todo, AllOrNothing: true})
	require.NoError(t, err, name)
	for _, o := range outcomes {
		assert.Equal(t, want == model, o.Operation.Replayed, "%s: the repeated call", name)
	}
	for _, user := range users {
		checkModel(ctx, named{t, name}, env.DB, model.Account(user))
	}
	return happened, cutErr
}

// perform runs the operations as their verb, or as a batch.
func perform(ctx context.Context, db *bun.DB, todo []credits.Op, caller bool) error {
	run := func(ctx context.Context, db bun.IDB) error {
		if len(todo) == 1 {
			_, err := call(ctx, db, todo[0])
			return err
		}
		_, err := credits.Post(ctx, db, credits.PostParams{Ops: todo, AllOrNothing: true})
		return err
	}
	if !caller {
		return run(ctx, db)
	}
	return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return run(ctx, tx) })
}

// named adds to a failure which case it was.
type named struct {
	*testing.T
	name string
}

func (n named) Errorf(format string, args ...any) {
	n.Helper()
	n.T.Errorf("%s:\n%s", n.name, fmt.Sprintf(format, args...))
}
