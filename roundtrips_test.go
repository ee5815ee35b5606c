package chameleon_test

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
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// trips are how often a verb may wait for the database: on SQLite, PostgreSQL, MySQL
// and MariaDB.
type trips [4]int

func (t trips) on(engine dialect.Engine) int {
	return map[dialect.Engine]int{
		dialect.SQLite: t[0], dialect.PostgreSQL: t[1], dialect.MySQL: t[2], dialect.MariaDB: t[3],
	}[engine]
}

// countedVerb is a call, and what it may take alone and in a caller's transaction.
type countedVerb struct {
	name         string
	alone, inner trips
	// before is what the call needs, which is not counted.
	before func(c *counted) error
	call   func(c *counted, db bun.IDB) error
}

// counted is an account on which verbs are counted.
type counted struct {
	ctx  context.Context //nolint:containedctx // the test's own
	db   *bun.DB
	user string
	at   time.Time
	n    int
	// made is the generation or order that before made.
	made string
}

func (c *counted) key(of string) string { return fmt.Sprint(of, c.n) }

// tripsOfVerbs are the verbs that a request waits for.
func tripsOfVerbs() []countedVerb {
	charge := func(c *counted) error {
		_, err := credits.Charge(c.ctx, c.db, credits.ChargeParams{UserUUID: c.user, Amount: 2, Key: c.key("charge"), At: c.at})
		return err
	}
	hold := func(c *counted, db bun.IDB) error {
		_, err := credits.Hold(c.ctx, db, credits.HoldParams{UserUUID: c.user, Amount: 2, Key: c.key("hold"), At: c.at})
		return err
	}
	held := func(c *counted) error { return hold(c, c.db) }
	generation := func(c *counted) error {
		g, err := generations.ChargeGeneration(c.ctx, c.db, c.generation())
		if err == nil {
			c.made = g.Generation.GenID
		}
		return err
	}
	return []countedVerb{
		{name: "Charge", alone: trips{5, 1, 1, 1}, inner: trips{3, 1, 1, 1}, call: func(c *counted, db bun.IDB) error {
			_, err := credits.Charge(c.ctx, db, credits.ChargeParams{UserUUID: c.user, Amount: 1, Key: c.key("c"), At: c.at})
			return err
		}},
		{name: "Grant", alone: trips{8, 6, 8, 8}, inner: trips{6, 4, 9, 9}, call: func(c *counted, db bun.IDB) error {
			_, err := credits.Grant(c.ctx, db, credits.GrantParams{UserUUID: c.user, Amount: 5, Type: credits.TypeSystemAdd, Key: c.key("g"), At: c.at})
			return err
		}},
		{name: "Hold", alone: trips{9, 6, 10, 10}, inner: trips{7, 4, 14, 14}, call: hold},
		{name: "Capture", alone: trips{12, 9, 12, 12}, inner: trips{10, 7, 16, 16}, before: held, call: func(c *counted, db bun.IDB) error {
			_, err := credits.Capture(c.ctx, db, credits.CaptureParams{UserUUID: c.user, HoldKey: c.key("hold"), Amount: 1, Key: c.key("capture"), At: c.at})
			return err
		}},
		{name: "Release", alone: trips{11, 8, 12, 12}, inner: trips{9, 6, 16, 16}, before: held, call: func(c *counted, db bun.IDB) error {
			_, err := credits.Release(c.ctx, db, credits.ReleaseParams{UserUUID: c.user, HoldKey: c.key("hold"), Key: c.key("release"), At: c.at})
			return err
		}},
		{name: "Refund", alone: trips{10, 9, 11, 11}, inner: trips{8, 7, 15, 15}, before: charge, call: func(c *counted, db bun.IDB) error {
			_, err := credits.Refund(c.ctx, db, credits.RefundParams{UserUUID: c.user, ChargeKey: c.key("charge"), Key: c.key("refund"), At: c.at})
			return err
		}},
		{name: "ChargeGeneration", alone: trips{6, 1, 1, 1}, inner: trips{4, 2, 2, 2}, call: func(c *counted, db bun.IDB) error {
			_, err := generations.ChargeGeneration(c.ctx, db, c.generation())
			return err
		}},
		{name: "HoldGeneration", alone: trips{10, 7, 17, 17}, inner: trips{8, 5, 15, 15}, call: func(c *counted, db bun.IDB) error {
			g := c.generation()
			_, err := generations.HoldGeneration(c.ctx, db, generations.HoldParams{
				UserUUID: g.UserUUID, AIType: g.AIType, Provider: g.Provider, Model: g.Model, Prompt: g.Prompt, MaxCost: 2, At: c.at,
			})
			return err
		}},
		{name: "Start", alone: trips{4, 4, 4, 4}, inner: trips{2, 2, 3, 3}, before: generation, call: func(c *counted, db bun.IDB) error {
			_, err := generations.Start(c.ctx, db, generations.StartParams{GenID: c.made, UserUUID: c.user, At: c.at})
			return err
		}},
		{name: "Complete", alone: trips{4, 4, 4, 4}, inner: trips{2, 2, 3, 3}, before: generation, call: func(c *counted, db bun.IDB) error {
			_, err := generations.Complete(c.ctx, db, generations.CompleteParams{
				GenID: c.made, UserUUID: c.user, ResultURLs: []string{"https://example.com/a.png"}, At: c.at,
			})
			return err
		}},
		{name: "Fail", alone: trips{12, 11, 19, 19}, inner: trips{10, 9, 18, 18}, before: generation, call: func(c *counted, db bun.IDB) error {
			_, err := generations.Fail(c.ctx, db, generations.FailParams{GenID: c.made, UserUUID: c.user, Message: "no", At: c.at})
			return err
		}},
		{name: "MarkPaid", alone: trips{15, 13, 22, 22}, inner: trips{13, 11, 22, 22}, before: func(c *counted) error {
			o, err := orders.Create(c.ctx, c.db, orders.CreateParams{
				UserUUID: c.user, ProductID: "p", Amount: 500, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 50, At: c.at,
			})
			if err == nil {
				c.made = o.Order.OrderNo
			}
			return err
		}, call: func(c *counted, db bun.IDB) error {
			_, err := orders.MarkPaid(c.ctx, db, orders.MarkPaidParams{OrderNo: c.made, PayRef: "pi_" + c.made, At: c.at})
			return err
		}},
		{name: "users.Create", alone: trips{12, 12, 15, 15}, inner: trips{10, 10, 16, 16}, call: func(c *counted, db bun.IDB) error {
			_, err := users.Create(c.ctx, db, users.CreateParams{Email: uuid.NewString() + "@example.com", At: c.at})
			return err
		}},
		{name: "SignIn", alone: trips{16, 16, 19, 19}, inner: trips{14, 14, 21, 21}, call: func(c *counted, db bun.IDB) error {
			_, err := users.SignIn(c.ctx, db, c.signIn())
			return err
		}},
		{name: "SignIn again", alone: trips{7, 8, 8, 8}, inner: trips{5, 6, 7, 7}, before: func(c *counted) error {
			_, err := users.SignIn(c.ctx, c.db, c.signIn())
			return err
		}, call: func(c *counted, db bun.IDB) error {
			_, err := users.SignIn(c.ctx, db, c.signIn())
			return err
		}},
	}
}

func (c *counted) generation() generations.ChargeParams {
	return generations.ChargeParams{
		UserUUID: c.user, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a lighthouse", Cost: 2, At: c.at,
	}
}

func (c *counted) signIn() users.SignInParams {
	return users.SignInParams{Profile: users.Profile{
		Provider: "google", Subject: c.key(c.user), Email: c.key(c.user) + "@example.com", EmailVerified: true,
	}, At: c.at}
}

// overShards is how many round trips a verb may have more where each statement is of one
// account, so that what is read or written together elsewhere is not.
const overShards = 4

// TestRoundTripsOfVerbs counts what reaches the driver, BEGIN and COMMIT included: each
// is a round trip. An account with hundreds of entries and of live grants takes what one
// takes that has one of each. Where hundreds of grants have expired since the latest
// operation, one read more finds them; an account's first read has a few.
func TestRoundTripsOfVerbs(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db, seen := env.Record(t)
		few, many := &counted{ctx: t.Context(), db: env.DB, user: uuid.NewString()}, &counted{ctx: t.Context(), db: env.DB, user: uuid.NewString()}
		few.live(t, 1)
		many.live(t, 160)
		verbs, more := tripsOfVerbs(), 0
		if env.Sharded {
			more = overShards
		}
		due := func(c *counted) int {
			return count(t, seen, func() { require.NoError(t, verbs[0].call(c, db)) })
		}
		assert.LessOrEqual(t, due(many), due(few)+1, "expired grants")
		for _, v := range verbs {
			alone, inner := few.trips(t, v, db, seen)
			t.Logf("%s on %s: %d alone, %d in a transaction", v.name, env.Engine, alone, inner)
			assert.LessOrEqual(t, alone, v.alone.on(env.Engine)+more, "%s alone", v.name)
			assert.LessOrEqual(t, inner, v.inner.on(env.Engine)+more, "%s in a transaction", v.name)
			manyAlone, manyInner := many.trips(t, v, db, seen)
			assert.Equal(t, [2]int{alone, inner}, [2]int{manyAlone, manyInner}, "%s after a longer history", v.name)
		}
	})
}

// trips counts a verb's round trips alone and in a caller's transaction.
func (c *counted) trips(t *testing.T, v countedVerb, db *bun.DB, seen *enginetest.Recorder) (alone, inner int) {
	t.Helper()
	c.prepared(t, v)
	alone = count(t, seen, func() { require.NoError(t, v.call(c, db), v.name) })
	c.prepared(t, v)
	require.NoError(t, db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
		inner = count(t, seen, func() { require.NoError(t, v.call(c, tx), v.name) })
		return nil
	}))
	return alone, inner
}

// live gives the account a history: grants, some of which have expired by the time of
// the verbs, and charges.
func (c *counted) live(t *testing.T, n int) {
	t.Helper()
	start := time.Now().Add(-48 * time.Hour).UTC().Truncate(time.Microsecond)
	_, err := users.Create(t.Context(), c.db, users.CreateParams{
		UserUUID: c.user, Email: c.user + "@example.com", NoWelcomeCredits: true, At: start,
	})
	require.NoError(t, err)
	var ops []credits.Op
	for i := range n {
		ops = append(ops,
			credits.GrantParams{UserUUID: c.user, Amount: 10, Type: "bonus", At: start, ExpiresAt: start.Add(24 * time.Hour)},
			credits.GrantParams{UserUUID: c.user, Amount: 1000, Type: "bonus", At: start, ExpiresAt: start.AddDate(1, 0, i)},
			credits.ChargeParams{UserUUID: c.user, Amount: 1, At: start})
	}
	_, err = credits.Post(t.Context(), c.db, credits.PostParams{Ops: ops, AllOrNothing: true})
	require.NoError(t, err)
	c.at = start.Add(47 * time.Hour)
}

// prepared makes what the next call needs.
func (c *counted) prepared(t *testing.T, v countedVerb) {
	t.Helper()
	c.n++
	if v.before != nil {
		require.NoError(t, v.before(c), "before %s", v.name)
	}
}

func count(t *testing.T, seen *enginetest.Recorder, call func()) int {
	t.Helper()
	seen.Take()
	call()
	sent := seen.Take()
	return len(sent)
}
