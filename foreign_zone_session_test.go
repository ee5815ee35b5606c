package chameleon_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"

	"github.com/chameleon-go/chameleon/cache"
	"github.com/chameleon-go/chameleon/cache/cachetest"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// TestForeignSessionsGetTheirZoneBack: however work on a team's own handle ends,
// its connections are in the zone that the team has set, or closed.
func TestForeignSessionsGetTheirZoneBack(t *testing.T) {
	errMine := errors.New("mine")
	onMySQL(t, func(t *testing.T, env *enginetest.Env) {
		db := foreignHandle{session: "+05:30", driver: "Asia/Kolkata"}.open(t, env)
		inside := func(ctx context.Context, tx bun.Tx) {
			var zone string
			require.NoError(t, tx.NewRaw("SELECT @@session.time_zone").Scan(ctx, &zone))
			assert.Equal(t, "+00:00", zone)
		}
		for name, end := range map[string]func(cancel func()) error{
			"done":     func(func()) error { return nil },
			"failed":   func(func()) error { return errMine },
			"canceled": func(cancel func()) error { cancel(); return nil },
			"panicked": func(func()) error { panic(errMine) },
		} {
			ctx, cancel := context.WithCancel(t.Context())
			func() {
				defer func() { _ = recover() }()
				_ = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
					inside(ctx, tx)
					return end(cancel)
				})
			}()
			cancel()
			assert.Equal(t, "+05:30 +05:30 ", sessionZone(t, env, db), name)
		}

		// A connection of the caller's, which stays with the caller.
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		require.NoError(t, dialect.InTx(t.Context(), conn, func(ctx context.Context, tx bun.Tx) error {
			inside(ctx, tx)
			return nil
		}))
		ok(users.List(t.Context(), conn, users.ListParams{}))(t)
		var zone string
		require.NoError(t, conn.NewRaw("SELECT @@session.time_zone").Scan(t.Context(), &zone))
		assert.Equal(t, "+05:30", zone)
		require.NoError(t, conn.Close())
	})
}

// TestForeignHandlesOfAnotherZoneKeepWhatTheyCarry: what a team has said of a handle, and
// given to it, is there for verbs that put its session in UTC.
func TestForeignHandlesOfAnotherZoneKeepWhatTheyCarry(t *testing.T) {
	onMySQL(t, func(t *testing.T, env *enginetest.Env) {
		opened := foreignHandle{session: "+05:30", driver: "Asia/Kolkata"}.open(t, env)
		told := &operations{}
		kept, err := cache.New(cachetest.NewStore(), cache.Options{})
		require.NoError(t, err)
		stated := dialect.Describe(mysqldialect.New(), dialect.Capabilities{Engine: env.Engine, Sharded: true, Events: true})
		db := bun.NewDB(opened.DB, dialect.WithCache(dialect.WithObserver(stated, told), kept))

		require.NoError(t, dialect.InTx(t.Context(), db, func(_ context.Context, tx bun.Tx) error {
			caps := dialect.Of(tx)
			assert.True(t, caps.Sharded)
			assert.True(t, caps.Events)
			assert.Same(t, told, caps.Observer)
			assert.Same(t, kept, caps.Cache)
			return nil
		}))
		_, err = credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: "ada", Amount: 5, Type: "gift"})
		require.NoError(t, err)
		assert.Equal(t, []string{"grant"}, told.verbs)
		written, err := env.DB.NewSelect().Model((*events.Record)(nil)).Count(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 1, written)
	})
}

// operations notes what an observer is told of.
type operations struct{ verbs []string }

func (o *operations) Attempt(context.Context, dialect.Attempt) {}

func (o *operations) Operation(_ context.Context, done dialect.Observed) {
	o.verbs = append(o.verbs, done.Verb)
}

// onMySQL runs fn where sessions have a zone that times are converted from.
func onMySQL(t *testing.T, fn func(t *testing.T, env *enginetest.Env)) {
	t.Helper()
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			fn(t, enginetest.New(t, engine))
		})
	}
}
