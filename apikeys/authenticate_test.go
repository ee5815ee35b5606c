package apikeys_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// recorder keeps the statements that a handle runs.
type recorder struct {
	mu      sync.Mutex
	queries []string
}

func (r *recorder) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (r *recorder) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queries = append(r.queries, e.Query)
}

// take returns the statements since it was last called.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	queries := r.queries
	r.queries = nil
	return queries
}

func authenticate(db bun.IDB, key string, at time.Time) (*apikeys.AuthenticateResult, error) {
	return apikeys.Authenticate(context.Background(), db, apikeys.AuthenticateParams{Key: apikeys.NewSecret(key), At: at})
}

// accept authenticates and has the use written.
func accept(t *testing.T, db bun.IDB, key string, at time.Time) apikeys.Info {
	t.Helper()
	found, err := authenticate(db, key, at)
	require.NoError(t, err)
	require.NoError(t, found.Unrecorded)
	return found.Key
}

// noted has a use written that may have been left to someone else, who was
// slow, and returns the row.
func noted(t *testing.T, db bun.IDB, id int64, key string, at time.Time) apikeys.Key {
	t.Helper()
	for range 100 {
		if k := stored(t, db, id); k.LastUsedAt.Equal(at) {
			return k
		}
		accept(t, db, key, at)
	}
	require.FailNow(t, "not noted")
	return apikeys.Key{}
}

func inspect(t *testing.T, db bun.IDB, key string) apikeys.Verdict {
	t.Helper()
	found, err := apikeys.Inspect(t.Context(), db, apikeys.InspectParams{Key: apikeys.NewSecret(key)})
	require.NoError(t, err)
	return found.Verdict
}

func TestAuthenticate(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		seen := new(recorder)
		db := env.DB.WithQueryHook(seen)
		user := uuid.NewString()
		made := create(t, env.DB, user)
		create(t, env.DB, user)
		key := made.Secret.Reveal()

		require.Equal(t, made.Info, accept(t, db, key, noon))
		first := seen.take()
		noted(t, env.DB, made.Info.ID, key, noon)

		// For a minute it is one statement, a read.
		for _, later := range []time.Duration{0, time.Second, time.Minute - time.Microsecond, -time.Hour} {
			found := accept(t, db, key, noon.Add(later))
			require.Equal(t, noon, found.LastUsedAt)
			queries := seen.take()
			require.Len(t, queries, 1)
			require.True(t, strings.HasPrefix(queries[0], "SELECT "))
			require.Equal(t, queries[0], first[0])
		}
		require.Equal(t, noon, stored(t, env.DB, made.Info.ID).LastUsedAt)

		accept(t, db, key, noon.Add(time.Minute))
		writes := map[dialect.Engine]int{dialect.SQLite: 1, dialect.PostgreSQL: 1, dialect.MySQL: 4, dialect.MariaDB: 4}
		require.Len(t, seen.take(), 1+writes[env.Engine])
		row := noted(t, env.DB, made.Info.ID, key, noon.Add(time.Minute))
		require.Equal(t, noon, row.UpdatedAt)
	})
}

// Whatever opens nothing gets one answer; only an administrator learns why.
func TestAuthenticateRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		seen := new(recorder)
		db := env.DB.WithQueryHook(seen)
		user := uuid.NewString()
		made, revoked := create(t, env.DB, user), create(t, env.DB, user)
		_, err := apikeys.Revoke(ctx, env.DB, apikeys.RevokeParams{ID: revoked.Info.ID})
		require.NoError(t, err)
		key, hash := made.Secret.Reveal(), string(stored(t, env.DB, made.Info.ID).Key)
		deleted := create(t, env.DB, user).Secret.Reveal()
		_, err = env.DB.NewDelete().Model((*apikeys.Key)(nil)).Where("id > ?", revoked.Info.ID).Exec(ctx)
		require.NoError(t, err)
		typo := []byte(key)
		typo[20]++

		for _, c := range []struct {
			key     string
			verdict apikeys.Verdict
			queries int
		}{
			{"", apikeys.VerdictMalformed, 0},
			{string(typo), apikeys.VerdictMalformed, 0},
			{key[:len(key)-1], apikeys.VerdictMalformed, 0},
			{hash, apikeys.VerdictMalformed, 0},
			{strings.ToUpper(hash), apikeys.VerdictMalformed, 0},
			{key + "\x00", apikeys.VerdictMalformed, 0},
			{strings.Repeat("x", 256), apikeys.VerdictMalformed, 0},
			{deleted, apikeys.VerdictUnknown, 1},
			{revoked.Secret.Reveal(), apikeys.VerdictRevoked, 1},
			{"ｓha256" + hash[6:], apikeys.VerdictUnknown, 1}, // equal to the hash under MySQL's collations
			{hash[7:], apikeys.VerdictUnknown, 1},
			{" " + key, apikeys.VerdictUnknown, 1},
			{"' OR 1=1 -- \\", apikeys.VerdictUnknown, 1},
		} {
			found, err := authenticate(db, c.key, noon)
			require.Equal(t, apikeys.ErrUnauthenticated, err, "%q", c.key)
			require.Nil(t, found)
			require.Len(t, seen.take(), c.queries, "%q", c.key)
			require.Equal(t, c.verdict, inspect(t, env.DB, c.key), "%q", c.key)
		}
		require.Equal(t, apikeys.VerdictActive, inspect(t, env.DB, key))
		require.True(t, stored(t, env.DB, made.Info.ID).LastUsedAt.IsZero(), "Inspect writes nothing")

		// Unknown and revoked: the same statement, and no row for either.
		recorded, sent := env.Record(t)
		for _, k := range []string{deleted, revoked.Secret.Reveal()} {
			_, err := authenticate(recorded, k, noon)
			require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
			queries := sent.Literals()
			require.Len(t, queries, 1)
			var rows []map[string]any
			require.NoError(t, env.DB.NewRaw(queries[0]).Scan(ctx, &rows))
			require.Empty(t, rows)
		}

		// Another prefix is not this one's typo; without it, it is asked for.
		other, err := apikeys.Create(ctx, env.DB, apikeys.CreateParams{UserUUID: user, Name: "x", Prefix: "acme_"})
		require.NoError(t, err)
		accept(t, env.DB, other.Secret.Reveal(), noon)
		for _, bad := range [][]string{{"sk-"}, {""}, make([]string, 17)} {
			_, err = apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: other.Secret, Prefixes: bad})
			require.ErrorIs(t, err, apikeys.ErrInvalid)
		}
		_, err = apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: other.Secret, Prefixes: []string{"acme_"}, At: noon})
		require.NoError(t, err)
	})
}

// What goes wrong in the engine is not said to be the key's fault.
func TestAuthenticateWithoutDatabase(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		_, err := authenticate(env.DB, "sk-something", noon)
		require.ErrorIs(t, err, dialect.ErrSchemaMissing)
		require.NotErrorIs(t, err, apikeys.ErrUnauthenticated)
		require.NotContains(t, err.Error(), "sk-something")
	})
}

// Both forms of a key are found by the unique index.
func TestAuthenticateIsIndexed(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		var keys []apikeys.Key
		for i := range 2000 {
			keys = append(keys, apikeys.Key{
				Name: "n", Key: apikeys.Stored(fmt.Sprintf("sk-%d", i)), UserUUID: uuid.NewString(), Status: "active",
			})
		}
		_, err := env.DB.NewInsert().Model(&keys).Exec(ctx)
		require.NoError(t, err)
		analyze := "ANALYZE "
		if dialect.Of(env.DB).IsMySQL() {
			analyze = "ANALYZE TABLE "
		}
		_, err = env.DB.ExecContext(ctx, analyze+"apikeys")
		require.NoError(t, err)
		made := create(t, env.DB, uuid.NewString())

		db, seen := env.Record(t)
		for _, key := range []string{made.Secret.Reveal(), "sk-1000"} {
			accept(t, db, key, noon)
			found := env.Explain(t, seen.Literals()[0])
			require.True(t, env.Uses(found, "apikeys_key_unique"), found)
			require.False(t, env.Scans(found, "k"), found)
		}
	})
}
