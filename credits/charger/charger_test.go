package charger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// newCharger returns a charger of one lane, so that a test knows what meets.
func newCharger(t *testing.T, p Params) *Charger {
	t.Helper()
	p.Lanes = 1
	c, err := New(p)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Shutdown(context.Background())) })
	return c
}

// together has the charges be in one group, in this order, and returns what their
// callers see.
func together(t *testing.T, c *Charger, charges []credits.ChargeParams) []credits.Outcome {
	t.Helper()
	l := c.lanes[0]
	calls := make([]*call, len(charges))
	for i, p := range charges {
		calls[i] = &call{user: p.UserUUID, done: make(chan struct{})}
		op, err := credits.Prepare(t.Context(), p)
		if err != nil {
			calls[i].finish(nil, err)
			continue
		}
		require.NoError(t, c.enter(t.Context()))
		calls[i].op = op
	}
	for idle := false; !idle; runtime.Gosched() { // the group before is done for its callers, not yet for the lane
		l.mu.Lock()
		if idle = !l.busy; idle {
			l.busy = true
			l.waiting = slices.DeleteFunc(slices.Clone(calls), func(c *call) bool { return c.op == nil })
		}
		l.mu.Unlock()
	}
	go l.run()
	outcomes := make([]credits.Outcome, len(calls))
	for i, one := range calls {
		<-one.done
		outcomes[i] = credits.Outcome{Operation: one.operation, Err: one.err}
	}
	return outcomes
}

func grant(t *testing.T, db *bun.DB, amounts ...int64) (user string) {
	t.Helper()
	user = uuid.NewString()
	for _, amount := range amounts {
		_, err := credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: user, Amount: amount, Type: "gift"})
		require.NoError(t, err)
	}
	return user
}

// seen is what of an outcome does not depend on the account or the moment.
func seen(o credits.Outcome) string {
	if o.Err != nil {
		return fmt.Sprintf("%T", o.Err)
	}
	text := fmt.Sprint(o.Operation.Kind, o.Operation.Type, o.Operation.Amount, o.Operation.Balance, o.Operation.Available, o.Operation.Replayed)
	for _, e := range o.Operation.Entries {
		text += fmt.Sprint(" ", e.Seq, e.OpSeq, e.Lot, e.Credits, e.Balance, e.OrderNo, e.GenID, e.Metadata)
	}
	return text
}

// drawCharge draws a charge with few keys, so that they meet, and amounts of which
// some do not fit, are too much, or are none.
func drawCharge(user string) credits.ChargeParams {
	p := credits.ChargeParams{
		UserUUID: user, Amount: rand.Int64N(12) - 1, Key: fmt.Sprint("k", rand.IntN(20)), GenID: "g",
		Metadata: map[string]any{"n": rand.IntN(2)},
	}
	switch rand.IntN(12) {
	case 0:
		p.Key = "order:mine"
	case 1:
		p.Type = "of its own"
	case 2:
		p.Amount = 1 << 40
	}
	return p
}

// TestChargesAreThoseOfCharge: of the same charges, in one order, each caller sees the
// same whether they go one by one or in groups.
func TestChargesAreThoseOfCharge(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		c := newCharger(t, Params{DB: env.DB})
		one, other := grant(t, env.DB, 40, 25), grant(t, env.DB, 40, 25)
		for range 4 {
			charges := make([]credits.ChargeParams, 8)
			want := make([]string, len(charges))
			for i := range charges {
				charges[i] = drawCharge(one)
				op, err := credits.Charge(t.Context(), env.DB, charges[i])
				want[i] = seen(credits.Outcome{Operation: op, Err: err})
				charges[i].UserUUID = other
			}
			for i, got := range together(t, c, charges) {
				assert.Equal(t, want[i], seen(got), "%+v", charges[i])
			}
		}
		env.Verified(t)
	})
}

// TestChargesTogetherAtAnExpiry: what expires at the moment of the charges is not
// spent, and what expires a microsecond later is.
func TestChargesTogetherAtAnExpiry(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		c := newCharger(t, Params{DB: env.DB})
		end := time.Now().Add(time.Hour).Truncate(time.Microsecond)
		for early, want := range map[time.Duration]int64{0: 44, time.Microsecond: 144} {
			user := grant(t, env.DB, 50)
			_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: user, Amount: 100, Type: "gift", ExpiresAt: end})
			require.NoError(t, err)
			p := credits.ChargeParams{UserUUID: user, Amount: 3, At: end.Add(-early), MaxAhead: credits.AnyTime}
			last := together(t, c, []credits.ChargeParams{p, p})[1]
			require.NoError(t, last.Err)
			assert.Equal(t, want, last.Operation.Available)
		}
		env.Verified(t)
	})
}

// Budgets are exact within a group, and over groups: a charge that does not fit is
// refused alone, and one that is repeated counts once.
func TestBudgetsOfCharges(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, user := t.Context(), grant(t, env.DB, 100)
		_, err := credits.SetBudget(ctx, env.DB, credits.SetBudgetParams{UserUUID: user, Name: "key", InAll: 5})
		require.NoError(t, err)
		c := newCharger(t, Params{DB: env.DB})
		charge := func(key string, amount int64) credits.ChargeParams {
			return credits.ChargeParams{UserUUID: user, Amount: amount, Key: key, Budgets: []string{"key"}}
		}
		outcomes := together(t, c, []credits.ChargeParams{charge("a", 2), charge("b", 2), charge("c", 2), charge("a", 2), charge("d", 1)})
		over := &credits.BudgetError{UserUUID: user, Budget: "key", Period: credits.BudgetInAll, Need: 2, Left: 1}
		for i, want := range []error{nil, nil, over, nil, nil} {
			require.Equal(t, want, outcomes[i].Err, "charge %d", i)
		}
		require.True(t, outcomes[3].Operation.Replayed)
		_, err = c.Charge(ctx, charge("e", 1))
		require.ErrorIs(t, err, credits.ErrBudget)
		b, err := credits.GetBudget(ctx, env.DB, credits.GetBudgetParams{UserUUID: user, Name: "key"})
		require.NoError(t, err)
		require.EqualValues(t, 5, b.SpentInAll)
		env.Verified(t)
	})
}

// TestConcurrentCharges: what is acknowledged is what is stored, and no more is spent
// than there is.
func TestConcurrentCharges(t *testing.T) {
	t.Parallel()
	const callers, each = 24, 6
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		c, err := New(Params{DB: env.DB, Lanes: 2, MaxGroup: 9, MaxWaiting: 20})
		require.NoError(t, err)
		users := []string{grant(t, env.DB, 30, 10), grant(t, env.DB, 500), uuid.NewString()}
		var spent [3]atomic.Int64
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				for n := range each {
					i := (caller + n) % len(users)
					op, err := c.Charge(t.Context(), credits.ChargeParams{UserUUID: users[i], Amount: 2, Key: fmt.Sprint(caller, " ", n)})
					if err == nil {
						spent[i].Add(op.Amount)
					} else {
						assert.ErrorIs(t, err, credits.ErrInsufficient)
					}
				}
			})
		}
		all.Wait()
		require.NoError(t, c.Shutdown(t.Context()))
		assert.EqualValues(t, 40, spent[0].Load())
		assert.EqualValues(t, callers*each/len(users)*2, spent[1].Load())
		assert.Zero(t, spent[2].Load())
		b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: users[1]})
		require.NoError(t, err)
		assert.Equal(t, 500-spent[1].Load(), b.Available)
		env.Verified(t)
	})
}

// TestParams: what makes no sense is refused by name.
func TestParams(t *testing.T) {
	t.Parallel()
	for field, p := range map[string]Params{
		"DB": {}, "Lanes": {DB: &bun.DB{}, Lanes: -1}, "MaxGroup": {DB: &bun.DB{}, MaxGroup: credits.MaxBatch + 1},
		"MaxWaiting": {DB: &bun.DB{}, MaxWaiting: -1}, "Timeout": {DB: &bun.DB{}, Timeout: -1},
	} {
		_, err := New(p)
		var invalid *credits.InvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, field, invalid.Field)
	}
}
