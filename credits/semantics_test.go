package credits_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// scenario is one behaviour of the ledger, tested on every engine. Each runs on
// an account of its own, whose rows have to fit one another in the end.
type scenario struct {
	name string
	run  func(*teller)
}

// alone gives a scenario a database of its own: it sweeps, and a sweep reaches
// every account.
func alone(run func(*teller)) func(*teller) {
	return func(t *teller) {
		own := enginetest.New(t.T, t.env.Engine)
		t.env, t.db, t.handle = own, own.DB, own.DB
		run(t)
	}
}

// TestSemantics holds what is promised of every verb, a subtest a promise.
func TestSemantics(t *testing.T) {
	t.Parallel()
	groups := map[string][]scenario{
		"idempotency": idempotencyScenarios,
		"caller":      callerScenarios,
		"isolation":   isolationScenarios,
		"time":        timeScenarios,
		"input":       inputScenarios,
		"legacy":      legacyScenarios,
		"hold":        holdScenarios,
		"claw-back":   clawBackScenarios,
		"grant":       grantScenarios,
		"batch":       append([]scenario{longBatch}, batchScenarios...),
		"clock":       clockScenarios,
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) { runScenarios(t, env, groups) })
}

// TestSemanticsSharded is a part of TestSemantics on tables that are laid out for
// shards, and on handles that work as over them; `make test-sharded` runs all.
func TestSemanticsSharded(t *testing.T) {
	t.Parallel()
	enginetest.RunSharded(t, func(t *testing.T, env *enginetest.Env) {
		runScenarios(t, env, map[string][]scenario{"batch": batchScenarios, "hold": holdScenarios, "caller": callerScenarios})
	})
}

func runScenarios(t *testing.T, env *enginetest.Env, groups map[string][]scenario) {
	t.Helper()
	for name, scenarios := range groups {
		t.Run(name, func(t *testing.T) {
			for _, s := range scenarios {
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					tell := newTeller(t, env)
					s.run(tell)
					tell.check()
				})
			}
		})
	}
}

// teller works one account.
type teller struct {
	*testing.T
	env *enginetest.Env
	db  *bun.DB // for what runs beside
	// handle is what verbs run on: db, or a caller's transaction.
	handle bun.IDB
	user   string
}

func newTeller(t *testing.T, env *enginetest.Env) *teller {
	return &teller{T: t, env: env, db: env.DB, handle: env.DB, user: uuid.NewString()}
}

// hour is a moment that many hours after the start.
func hour(n float64) time.Time { return start.Add(time.Duration(n * float64(time.Hour))) }

// must returns a verb's result and fails the test on an error.
func (t *teller) must(op *credits.Operation, err error) *credits.Operation {
	t.Helper()
	require.NoError(t, err)
	require.NotNil(t, op)
	return op
}

// do runs the verb of op on the handle.
func (t *teller) do(op credits.Op) *credits.Operation {
	t.Helper()
	return t.must(call(t.Context(), t.handle, op))
}

// refuse runs the verb of op, which must fail with target.
func (t *teller) refuse(op credits.Op, target error) error {
	t.Helper()
	got, err := call(t.Context(), t.handle, op)
	require.ErrorIs(t, err, target)
	require.Nil(t, got)
	return err
}

// grant grants at the start, never expiring unless hours are given.
func (t *teller) grant(key string, amount int64, expiresInHours ...float64) *credits.Operation {
	t.Helper()
	return t.do(t.grantOp(key, amount, expiresInHours...))
}

func (t *teller) grantOp(key string, amount int64, expiresInHours ...float64) credits.GrantParams {
	p := credits.GrantParams{UserUUID: t.user, Amount: amount, Type: "gift", Key: key, At: start}
	if len(expiresInHours) > 0 {
		p.ExpiresAt = hour(expiresInHours[0])
	}
	return p
}

func (t *teller) chargeOp(key string, amount int64, at time.Time) credits.ChargeParams {
	return credits.ChargeParams{UserUUID: t.user, Amount: amount, Key: key, At: at}
}

func (t *teller) charge(key string, amount int64, at time.Time) *credits.Operation {
	t.Helper()
	return t.do(t.chargeOp(key, amount, at))
}

func (t *teller) holdOp(key string, amount int64, at time.Time, timeout time.Duration) credits.HoldParams {
	return credits.HoldParams{UserUUID: t.user, Amount: amount, Key: key, At: at, Timeout: timeout}
}

func (t *teller) balance(at time.Time) *credits.BalanceResult {
	t.Helper()
	b, err := credits.BalanceAt(t.Context(), t.handle, credits.BalanceParams{UserUUID: t.user, At: at})
	require.NoError(t, err)
	return b
}

func (t *teller) stored() *stored {
	t.Helper()
	return readStored(t.Context(), t, t.handle, t.user)
}

func (t *teller) check() *stored {
	t.Helper()
	return checkInvariants(context.WithoutCancel(t.Context()), t, t.db, t.user)
}

// together runs fn n times at once and returns when all are done.
func together(n int, fn func(i int)) {
	var group sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-begin
			fn(i)
		})
	}
	close(begin)
	group.Wait()
}

// lotAmount is an entry's lot and credits.
type lotAmount struct{ lot, credits int64 }

func lotAmounts(op *credits.Operation) []lotAmount {
	var out []lotAmount
	for _, e := range op.Entries {
		out = append(out, lotAmount{e.Lot, e.Credits})
	}
	return out
}
