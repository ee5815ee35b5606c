package apikeys_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// adopted makes the table as the TypeScript application does, where it does,
// and pushes: on MySQL its columns compare without case and blanks.
func adopted(t *testing.T, env *enginetest.Env) {
	t.Helper()
	family := env.Engine
	switch env.Engine {
	case dialect.MariaDB:
		family = dialect.MySQL
	case dialect.PostgreSQL:
		family = "postgres"
	}
	if env.Engine != dialect.SQLite {
		ddl, err := os.ReadFile(filepath.Join("..", "testdata", "drizzle", string(family)+".sql"))
		require.NoError(t, err)
		for statement := range strings.SplitSeq(string(ddl), "--> statement-breakpoint") {
			if !strings.Contains(statement, "apikeys") {
				continue
			}
			_, err = env.DB.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
	}
	_, err := chameleon.Push(t.Context(), env.DB)
	require.NoError(t, err)
}

// left is adopted by somebody who has switched the application off.
func left(t *testing.T, env *enginetest.Env) {
	t.Helper()
	adopted(t, env)
	if env.Engine == dialect.SQLite { // where it makes no tables
		return
	}
	_, err := env.DB.ExecContext(t.Context(), "ALTER TABLE apikeys ALTER COLUMN original SET DEFAULT false")
	require.NoError(t, err)
}

// insert stores a row as the TypeScript application does.
func insert(t *testing.T, db bun.IDB, key string, status any) (id int64) {
	t.Helper()
	column := bun.Ident("key")
	_, err := db.NewRaw("INSERT INTO apikeys (name, ?, user_uuid, status, created_at) VALUES ('old', ?, ?, ?, ?)",
		column, key, uuid.NewString(), status, noon.Truncate(time.Second)).Exec(t.Context())
	require.NoError(t, err)
	require.NoError(t, db.NewSelect().Table("apikeys").ColumnExpr("max(id)").Scan(t.Context(), &id))
	return id
}

func TestLegacyKeys(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		left(t, env)
		for key, status := range map[string]string{
			"sk-7vYDWBe1rMn1zEidGjWpLTiSHU0V1dPm": "active", "sk-PJeyYJ8RyGOgO3MCWz2Rf5uu1lt1mCtq": "created",
			"abc": "active", "Ключ-ключ-ключ": "created", `it's "odd" \ %_`: "active", strings.Repeat("k", 255): "active",
		} {
			id := insert(t, env.DB, key, status)
			require.Equal(t, apikeys.VerdictActive, inspect(t, env.DB, key))
			require.Equal(t, key, string(stored(t, env.DB, id).Key), "Inspect writes nothing")

			// None of what such a column takes for equal is the key.
			for _, other := range []string{strings.ToUpper(key), key + " ", " " + key, strings.Title(key), "а" + key[1:]} { //nolint:staticcheck // ASCII will do
				if other != key && len(other) <= 255 {
					_, err := authenticate(env.DB, other, noon)
					require.ErrorIs(t, err, apikeys.ErrUnauthenticated, "%q for %q", other, key)
				}
			}
			require.Equal(t, key, string(stored(t, env.DB, id).Key))

			found := accept(t, env.DB, key, noon)
			require.Equal(t, id, found.ID)
			require.True(t, found.Legacy)
			require.Equal(t, apikeys.StatusActive, found.Status)
			row := stored(t, env.DB, id)
			require.Regexp(t, `^sha256:[0-9a-f]{64}$`, string(row.Key))
			require.Equal(t, noon, row.LastUsedAt)
			require.Equal(t, found.Prefix, row.Prefix)
			require.True(t, strings.HasPrefix(key, row.Prefix))
			require.EqualValues(t, status, row.Status, "another program's to change")

			// From now on it is like any other.
			found = accept(t, env.DB, key, noon)
			require.False(t, found.Legacy)
			require.Equal(t, noon, found.LastUsedAt)
			_, err := authenticate(env.DB, string(row.Key), noon)
			require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
			if upper := strings.ToUpper(key); upper != key {
				_, err = authenticate(env.DB, upper, noon)
				require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
			}
		}
	})
}

func TestLegacyKeysThatOpenNothing(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		left(t, env)
		for key, c := range map[string]struct {
			status  any
			verdict apikeys.Verdict
		}{
			"sk-revoked": {"revoked", apikeys.VerdictRevoked},
			"sk-none":    {nil, apikeys.VerdictDisabled},
			"sk-case":    {"ACTIVE", apikeys.VerdictDisabled},
			"sk-deleted": {"deleted", apikeys.VerdictDisabled},
		} {
			id := insert(t, env.DB, key, c.status)
			_, err := authenticate(env.DB, key, noon)
			require.ErrorIs(t, err, apikeys.ErrUnauthenticated, key)
			require.Equal(t, c.verdict, inspect(t, env.DB, key), key)
			require.Equal(t, key, string(stored(t, env.DB, id).Key))
		}
		// Stored once more after it was hashed and revoked here.
		insert(t, env.DB, "sk-again", "active")
		_, err := apikeys.Revoke(t.Context(), env.DB, apikeys.RevokeParams{ID: accept(t, env.DB, "sk-again", noon).ID})
		require.NoError(t, err)
		id := insert(t, env.DB, "sk-again", "active")
		_, err = authenticate(env.DB, "sk-again", noon)
		require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
		require.Equal(t, apikeys.VerdictRevoked, inspect(t, env.DB, "sk-again"))
		require.Equal(t, "sk-again", string(stored(t, env.DB, id).Key))
	})
}

// Twenty callers use a key for the first time at once: all are let in, and it
// is hashed once.
func TestLegacyKeyFirstUsedAtOnce(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		left(t, env)
		for _, key := range []string{"sk-one", "sk-two", "sk-three"} {
			id := insert(t, env.DB, key, "created")
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					found, err := authenticate(env.DB, key, noon)
					if assert.NoError(t, err) {
						assert.NoError(t, found.Unrecorded)
						assert.Equal(t, id, found.Key.ID)
					}
				})
			}
			wg.Wait()
			row := stored(t, env.DB, id)
			require.Regexp(t, `^sha256:`, string(row.Key))
			require.Equal(t, noon, row.LastUsedAt)
			require.False(t, accept(t, env.DB, key, noon).Legacy)
		}
		n, err := env.DB.NewSelect().Model((*apikeys.Key)(nil)).Count(context.Background())
		require.NoError(t, err)
		require.EqualValues(t, 3, n)
	})
}

// TestPlaintextIsKeptForItsOwner: a key that the original still looks up stays what
// it is until the original has gone, and is hashed then.
func TestPlaintextIsKeptForItsOwner(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		adopted(t, env)
		const key = "sk-7vYDWBe1rMn1zEidGjWpLTiSHU0V1dPm"
		id := insert(t, env.DB, key, "active")
		if env.Engine == dialect.SQLite { // where it makes no tables
			_, err := env.DB.ExecContext(t.Context(), "UPDATE apikeys SET original = true")
			require.NoError(t, err)
		}
		hash := func(dry bool, hashed, twins int64) {
			result, err := apikeys.HashOriginals(t.Context(), env.DB, apikeys.HashOriginalsParams{DryRun: dry})
			require.NoError(t, err)
			require.Equal(t, &apikeys.HashOriginalsResult{Hashed: hashed, Twins: twins}, result)
		}
		for range 2 {
			accept(t, env.DB, key, noon)
			require.Equal(t, key, string(stored(t, env.DB, id).Key))
			require.Equal(t, noon, stored(t, env.DB, id).LastUsedAt)
			hash(true, 1, 0)
		}
		hash(false, 1, 0)
		require.False(t, accept(t, env.DB, key, noon).Legacy)
		row := stored(t, env.DB, id)
		require.Regexp(t, `^sha256:`, string(row.Key))
		require.Equal(t, "sk-7vYDWBe"[:len(row.Prefix)], row.Prefix)
		insert(t, env.DB, key, "active") // the original is there after all
		hash(false, 0, 1)
		hash(true, 0, 1)
	})
}
