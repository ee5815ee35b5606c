package apikeys_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestRevoke(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		made, kept := create(t, env.DB, user), create(t, env.DB, user)
		at := noon.Add(time.Hour)

		_, err := apikeys.Revoke(ctx, env.DB, apikeys.RevokeParams{ID: made.Info.ID, UserUUID: uuid.NewString()})
		require.ErrorIs(t, err, apikeys.ErrNotFound, "another user's")
		_, err = apikeys.Revoke(ctx, env.DB, apikeys.RevokeParams{Key: made.Secret, UserUUID: uuid.NewString()})
		require.ErrorIs(t, err, apikeys.ErrNotFound, "another user's")
		accept(t, env.DB, made.Secret.Reveal(), noon)

		for i, p := range []apikeys.RevokeParams{
			{ID: made.Info.ID, UserUUID: user, At: at}, {ID: made.Info.ID}, {Key: made.Secret},
		} {
			revoked, err := apikeys.Revoke(ctx, env.DB, p)
			require.NoError(t, err)
			require.Equal(t, i > 0, revoked.Replayed)
			require.Equal(t, apikeys.StatusRevoked, revoked.Key.Status)
			require.Equal(t, at, revoked.Key.RevokedAt)
			_, err = authenticate(env.DB, made.Secret.Reveal(), noon)
			require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
		}
		accept(t, env.DB, kept.Secret.Reveal(), noon)

		for _, p := range []apikeys.RevokeParams{{}, {ID: -1}, {ID: 1, Key: made.Secret}, {Key: made.Secret, UserUUID: "x"}} {
			_, err := apikeys.Revoke(ctx, env.DB, p)
			require.ErrorIs(t, err, apikeys.ErrInvalid)
		}
		for _, p := range []apikeys.RevokeParams{
			{ID: kept.Info.ID + 100},
			{Key: apikeys.NewSecret("sk-nobody")},
			{Key: apikeys.NewSecret(string(stored(t, env.DB, kept.Info.ID).Key))}, // a hash is not a key here either
		} {
			_, err := apikeys.Revoke(ctx, env.DB, p)
			require.ErrorIs(t, err, apikeys.ErrNotFound)
		}
		accept(t, env.DB, kept.Secret.Reveal(), noon)
	})
}

// Clients go on using keys while these are revoked: whoever starts after
// Revoke returned is refused, those that hash a legacy key included, and no use
// brings a key back.
func TestRevokeDuringAuthenticate(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for round := range 4 {
			user := uuid.NewString()
			made := create(t, env.DB, user)
			id, key := made.Info.ID, made.Secret.Reveal()
			if round%2 == 1 {
				key = "sk-" + uuid.NewString()
				id = insert(t, env.DB, key, "active")
			}
			var returned atomic.Bool
			var accepted atomic.Int64
			var wg sync.WaitGroup
			for client := range 6 {
				wg.Go(func() {
					at := noon.Add(time.Duration(client) * time.Hour) // so that uses are written all the time
					for late := 0; late < 3; at = at.Add(time.Hour) {
						was := returned.Load()
						_, err := authenticate(env.DB, key, at)
						if err == nil {
							accepted.Add(1)
							if !assert.False(t, was, "accepted after Revoke returned") {
								return
							}
						} else if !assert.ErrorIs(t, err, apikeys.ErrUnauthenticated) {
							return
						}
						if was {
							late++
						}
					}
				})
			}
			wg.Go(func() {
				for accepted.Load() < 5 && !t.Failed() {
					time.Sleep(time.Millisecond)
				}
				_, err := apikeys.Revoke(ctx, env.DB, apikeys.RevokeParams{ID: id})
				assert.NoError(t, err)
				returned.Store(true)
			})
			wg.Wait()
			require.Equal(t, apikeys.StatusRevoked, stored(t, env.DB, id).Status)
			require.Equal(t, apikeys.VerdictRevoked, inspect(t, env.DB, key))
		}
	})
}

// While another transaction holds a key's row, requests with it neither wait
// nor fail; only their use goes unnoted.
func TestAuthenticateDoesNotWait(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		made := create(t, env.DB, uuid.NewString())
		other := env.Open(t)
		err := dialect.InTx(ctx, other, func(ctx context.Context, tx bun.Tx) error {
			_, err := apikeys.Rename(ctx, tx, apikeys.RenameParams{ID: made.Info.ID, Name: "held"})
			if err != nil {
				return err
			}
			// Were it to wait for the row, it would wait for itself.
			for range 3 {
				found, err := apikeys.Authenticate(ctx, env.DB, apikeys.AuthenticateParams{Key: made.Secret, At: noon})
				if err != nil {
					return err
				}
				assert.NoError(t, found.Unrecorded)
			}
			return nil
		})
		require.NoError(t, err)
		require.True(t, stored(t, env.DB, made.Info.ID).LastUsedAt.IsZero())
		noted(t, env.DB, made.Info.ID, made.Secret.Reveal(), noon)
	})
}

// Many requests at once are all accepted, and leave a note.
func TestLastUseAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		made := create(t, env.DB, uuid.NewString())
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				found, err := authenticate(env.DB, made.Secret.Reveal(), noon)
				if assert.NoError(t, err) {
					assert.NoError(t, found.Unrecorded)
				}
			})
		}
		wg.Wait()
		noted(t, env.DB, made.Info.ID, made.Secret.Reveal(), noon)
	})
}

// refuseUpdates makes the table's updates fail.
func refuseUpdates(t *testing.T, env *enginetest.Env) {
	t.Helper()
	statements := map[dialect.Engine][]string{
		dialect.SQLite: {"CREATE TRIGGER no BEFORE UPDATE ON apikeys BEGIN SELECT RAISE(ABORT, 'no'); END"},
		dialect.PostgreSQL: {
			"CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
			"CREATE TRIGGER no BEFORE UPDATE ON apikeys FOR EACH ROW EXECUTE FUNCTION no()",
		},
		dialect.MySQL: {"CREATE TRIGGER no BEFORE UPDATE ON apikeys FOR EACH ROW SIGNAL SQLSTATE '45000'"},
	}
	statements[dialect.MariaDB] = statements[dialect.MySQL]
	for _, statement := range statements[env.Engine] {
		_, err := env.DB.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}

// A database that takes no writes lets requests in, also within a transaction,
// which can go on and commit.
func TestUnrecordedUse(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		made := create(t, env.DB, uuid.NewString())
		insert(t, env.DB, "sk-old", "active")
		refuseUpdates(t, env)
		for _, key := range []string{made.Secret.Reveal(), "sk-old"} {
			found, err := authenticate(env.DB, key, noon)
			require.NoError(t, err)
			require.Error(t, found.Unrecorded)
			require.NotContains(t, found.Unrecorded.Error(), key)

			var inside *apikeys.CreateResult
			err = dialect.InTx(ctx, env.DB, func(ctx context.Context, tx bun.Tx) error {
				found, err := authenticate(tx, key, noon)
				if err != nil {
					return err
				}
				assert.Error(t, found.Unrecorded)
				inside, err = apikeys.Create(ctx, tx, apikeys.CreateParams{UserUUID: made.Info.UserUUID, Name: "x"})
				return err
			})
			require.NoError(t, err)
			require.Equal(t, inside.Info.Prefix, stored(t, env.DB, inside.Info.ID).Prefix)
		}
	})
}

// In a caller's transaction everything is the transaction's, refusals leave it
// usable, and what it rolls back never happened.
func TestInTransaction(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		undo := errors.New("undo")
		made := create(t, env.DB, user)
		id := insert(t, env.DB, "sk-old", "active")
		key := made.Secret.Reveal()
		work := func(result error) func(ctx context.Context, tx bun.Tx) error {
			return func(ctx context.Context, tx bun.Tx) error {
				_, err := authenticate(tx, "sk-nobody", noon)
				assert.ErrorIs(t, err, apikeys.ErrUnauthenticated)
				_, err = apikeys.Revoke(ctx, tx, apikeys.RevokeParams{ID: 1 << 30})
				assert.ErrorIs(t, err, apikeys.ErrNotFound)
				created, err := apikeys.Create(ctx, tx, apikeys.CreateParams{UserUUID: user, Name: "x"})
				if err != nil {
					return err
				}
				for _, k := range []string{key, "sk-old", created.Secret.Reveal()} {
					found, err := authenticate(tx, k, noon)
					if err != nil {
						return err
					}
					assert.NoError(t, found.Unrecorded)
				}
				if _, err := apikeys.Revoke(ctx, tx, apikeys.RevokeParams{ID: made.Info.ID}); err != nil {
					return err
				}
				_, err = authenticate(tx, key, noon)
				assert.ErrorIs(t, err, apikeys.ErrUnauthenticated)
				return result
			}
		}
		require.ErrorIs(t, dialect.InTx(ctx, env.DB, work(undo)), undo)
		require.Equal(t, "sk-old", string(stored(t, env.DB, id).Key))
		require.True(t, stored(t, env.DB, made.Info.ID).LastUsedAt.IsZero())
		accept(t, env.DB, key, noon)

		require.NoError(t, dialect.InTx(ctx, env.DB, work(nil)))
		require.Regexp(t, "^sha256:", string(stored(t, env.DB, id).Key))
		_, err := authenticate(env.DB, key, noon)
		require.ErrorIs(t, err, apikeys.ErrUnauthenticated)

		conn, err := env.DB.Conn(ctx)
		require.NoError(t, err)
		noted(t, conn, id, "sk-old", noon.Add(time.Hour))
		require.NoError(t, conn.Close())
	})
}
