package payhistory

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Crashes lives a few lives in which calls die after each of their writes, the COMMIT
// among them, and are made again: what is stored is what the model says. The lives
// are such that all of the features are in them; see [Customer.features].
func Crashes(t *testing.T, env *enginetest.Env, w World, features ...string) {
	t.Helper()
	end := time.Now().UTC().Truncate(time.Second).Add(-Day)
	lives := choose(t, w, end, features)
	for i, c := range lives {
		t.Run(fmt.Sprintf("life %d of %d events", i, len(c.Events)), func(t *testing.T) {
			c.dieEverywhere(t, env.DB, w)
		})
		if t.Failed() {
			return
		}
	}
	report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
	require.NoError(t, err)
	assert.True(t, report.OK(), "%+v", report.Breaches)
}

// choose picks lives until all features are in them, short ones first.
func choose(t *testing.T, w World, end time.Time, features []string) (lives []*Customer) {
	t.Helper()
	wanted := map[string]bool{}
	for _, f := range features {
		wanted[f] = true
	}
	for _, want := range []struct{ most, news int }{{20, 3}, {40, 3}, {40, 2}, {40, 1}, {100, 1}} {
		for seed := uint64(0); seed < 300 && len(wanted) > 0; seed++ {
			c := New(fmt.Sprint("crash", len(lives)), w.Provider, rand.New(rand.NewPCG(seed, 2026)), end)
			news := 0
			for f := range c.features() {
				if wanted[f] {
					news++
				}
			}
			if len(c.Events) > want.most || news < want.news {
				continue
			}
			for f := range c.features() {
				delete(wanted, f)
			}
			lives = append(lives, c)
		}
	}
	require.Empty(t, wanted, "no short life has these")
	return lives
}

// features are what is in a life.
func (c *Customer) features() map[string]bool {
	has := map[string]bool{}
	for _, o := range c.Owed {
		for f, is := range map[string]bool{
			"trial": o.Trial && o.Credits > 0, "cut": o.Cut && o.Credits > 0, "fee": o.Trial && o.Paid > 0, "surplus": o.Surplus,
			"part": o.Part && o.Credits > 0, "less": o.Takes > 0, "change": o.Gives > 0, "monthly": o.Monthly && !o.Surplus,
			"balance": o.Balance > 0, "note": o.noted() > 0, "refund": len(o.Payments) > 0 && o.Payments[0].refunded() > 0,
			"dispute": len(o.Payments) > 0 && o.Payments[0].Dispute != nil, "renewal": o.Sub != "" && o.Order == "" && !o.Part && !o.Trial,
		} {
			if is {
				has[f] = true
			}
		}
	}
	return has
}

// often is how many events of a kind die in each life.
const often = 3

// dieEverywhere tells one life, in order.
func (c *Customer) dieEverywhere(t *testing.T, db *bun.DB, w World) {
	t.Helper()
	defer c.tell(t)
	c.register(t, db, w.PayType)
	handle, crashing := w.Handler(c), db.WithQueryHook(enginetest.Crasher{})
	refused, died := c.Events, map[string]int{}
	for tries := 0; len(refused) > 0 && tries < most; tries++ {
		queue := refused
		refused = nil
		for _, e := range queue {
			var status int
			call := func(ctx context.Context) (err error) {
				status, err = handle(ctx, crashing, e)
				return err
			}
			if died[e.Kind]++; died[e.Kind] > often {
				_ = call(t.Context())
			} else {
				dies(t, call)
			}
			if status != http.StatusOK {
				refused = append(refused, e)
			}
		}
	}
	require.Empty(t, refused, "these are refused")
	dies(t, func(ctx context.Context) error {
		_, err := orders.PayOut(ctx, crashing, orders.PayOutParams{Limit: 1000})
		return err
	})
	c.Check(t, db)
	before := c.entries(t, db)
	r := rand.New(rand.NewPCG(1, 2026))
	Deliver(t, db, r, Mode{Shuffled: true, Doubled: true}, c.Events, handle, func() {})
	payOut(t, db, r, Mode{})
	c.Check(t, db)
	assert.Equal(t, before, c.entries(t, db), "%s: told again, nothing is written to the ledger", c.Name)
}

// dies makes a call that dies after each of its writes, until it does not.
func dies(t *testing.T, call func(ctx context.Context) error) {
	t.Helper()
	for n := int64(0); ; n++ {
		if struck, _ := enginetest.CrashAfterWrite(t.Context(), n, call); !struck {
			return
		}
		require.Less(t, n, int64(200), "a call does not end")
	}
}
