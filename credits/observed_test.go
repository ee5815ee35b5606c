package credits_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// watcher is a query hook and a tracer that keep what they are told.
type watcher struct {
	hooked []string
	traced []handle.Query
	failed int
}

func (w *watcher) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	w.hooked = append(w.hooked, e.Query)
	return ctx
}

func (*watcher) AfterQuery(context.Context, *bun.QueryEvent) {}

func (w *watcher) StartQuery(ctx context.Context, q handle.Query) (context.Context, func(error)) {
	w.traced = append(w.traced, q)
	return ctx, func(err error) {
		if err != nil {
			w.failed++
		}
	}
}

// TestFastChargeIsObserved: a charge in one round trip is seen by bun's hooks, the
// tracer and the log of slow queries, as one query that changes rows and shows no
// value, and so is one that fails in its wait for a lock.
func TestFastChargeIsObserved(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			return // has no network to save: several statements
		}
		var log strings.Builder
		w := new(watcher)
		db := env.Open(t, chameleon.WithTracer(w), chameleon.WithSlowQueryThreshold(time.Nanosecond),
			chameleon.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		db = db.WithQueryHook(w)
		tell := newTeller(t, env)
		tell.Grant("g", 100)
		charge := func(ctx context.Context, on bun.IDB, key string) error {
			*w = watcher{}
			log.Reset()
			_, err := credits.Charge(ctx, on, credits.ChargeParams{UserUUID: tell.User, Key: key, Amount: 3})
			return err
		}
		observed := func() {
			t.Helper()
			require.Len(t, w.hooked, 1)
			require.Len(t, w.traced, 1)
			assert.Equal(t, "UPDATE", w.traced[0].Operation)
			assert.Contains(t, w.traced[0].Text, "INSERT INTO credits_trans")
			assert.Equal(t, 1, strings.Count(log.String(), "slow query"))
			assert.NotContains(t, log.String()+w.traced[0].Text+w.hooked[0], tell.User)
		}

		require.NoError(t, charge(t.Context(), db, "alone"))
		observed()
		require.NoError(t, db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			require.NoError(t, charge(ctx, tx, "in a transaction"))
			if env.Engine == dialect.PostgreSQL || dialect.Of(tx).SelectsIntoVariables() { // one round trip there, too
				observed()
			}
			return nil
		}))

		blocker, err := env.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = blocker.Rollback() }()
		_, err = blocker.NewRaw("UPDATE credits SET left_credits = left_credits WHERE user_uuid = ?", tell.User).Exec(t.Context())
		require.NoError(t, err)
		short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		require.Error(t, charge(short, db, "waits"))
		assert.Contains(t, log.String(), "failed=true")
		assert.Positive(t, w.failed)
	})
}
