package users_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// A sign-up whose commit was partial is made whole by the same call.
func TestPartialCommits(t *testing.T) {
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		inviter, err := users.Create(context.Background(), env.DB, users.CreateParams{Email: "eve@example.com", At: at})
		require.NoError(t, err)
		p := users.CreateParams{
			UserUUID: uuid.NewString(), Email: "ada@example.com", InviteCode: inviter.User.InviteCode, WelcomeCredits: 30, At: at,
		}
		enginetest.Partial{
			Parts: map[string][]string{"users": {"users"}, "ledger": enginetest.Ledger},
			Same:  []string{"users.invite_code"}, // of a row that is made again
			Do: func(ctx context.Context, db bun.IDB) ([]credits.Part, bool, error) {
				r, err := users.Create(ctx, db, p)
				if err != nil {
					return nil, false, err
				}
				return r.Mended, r.Replayed, nil
			},
		}.Run(t, env.DB)
	})
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		enginetest.Partial{
			Parts: map[string][]string{"identities": {"user_identities"}, "ledger": enginetest.Ledger, "users": {"users"}},
			Earlier: func(ctx context.Context, db bun.IDB) error {
				_, err := users.SignIn(ctx, db, users.SignInParams{Profile: google("g-1", "ada@example.com"), WelcomeCredits: 30, At: at})
				return err
			},
			Kept: []string{"users"},
			Do: func(ctx context.Context, db bun.IDB) ([]credits.Part, bool, error) {
				r, err := users.SignIn(ctx, db, users.SignInParams{Profile: google("g-1", "ada@example.com"), At: at})
				if err != nil {
					return nil, false, err
				}
				if r.Outcome == users.Linked { // which mends the identity
					r.Mended = append(r.Mended, credits.PartUser)
				}
				return r.Mended, len(r.Mended) == 0, nil
			},
		}.Run(t, env.DB)
	})
}

// Who never had welcome credits by us does not get them by signing in, and who
// was deleted does not come back.
func TestReplaysDoNotWelcomeAnew(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		adopted := users.User{UUID: uuid.NewString(), Email: "old@example.com", InviteCode: "old"}
		_, err := env.DB.NewInsert().Model(&adopted).Exec(ctx)
		require.NoError(t, err)
		for _, outcome := range []users.SignInOutcome{users.Linked, users.SignedIn} {
			in := signIn(t, env.DB, google("g-1", "old@example.com"))
			assert.Equal(t, outcome, in.Outcome)
			assert.Equal(t, adopted.UUID, in.User.UUID)
			assert.Nil(t, in.Welcome)
		}
		require.Zero(t, count(t, env.DB, (*credits.Entry)(nil)))

		p := users.CreateParams{UserUUID: uuid.NewString(), Email: "ada@example.com"}
		_, err = users.Create(ctx, env.DB, p)
		require.NoError(t, err)
		other := p
		other.Email = "grace@example.com"
		_, err = users.Create(ctx, env.DB, other)
		require.ErrorIs(t, err, users.ErrUUIDTaken)
		_, err = users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: p.UserUUID})
		require.NoError(t, err)
		_, err = env.DB.Exec("DELETE FROM credits_trans")
		require.NoError(t, err)
		_, err = users.Create(ctx, env.DB, p)
		require.ErrorIs(t, err, users.ErrUUIDTaken)
		require.Zero(t, count(t, env.DB, (*credits.Entry)(nil)))
		p.UserUUID = "nobody"
		_, err = users.Create(ctx, env.DB, p)
		var invalid *users.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "UserUUID", invalid.Field)
	})
}

// Of concurrent calls with one UUID one makes the user.
func TestCreateConcurrentlyWithOneUUID(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		p := users.CreateParams{UserUUID: uuid.NewString(), Email: "ada@example.com"}
		made := make([]*users.CreateResult, 8)
		var all sync.WaitGroup
		for i := range made {
			all.Go(func() {
				var err error
				made[i], err = users.Create(context.Background(), env.DB, p)
				assert.NoError(t, err)
			})
		}
		all.Wait()
		first := 0
		for _, r := range made {
			if r != nil && !r.Replayed {
				first++
			}
		}
		require.Equal(t, 1, first)
		require.Equal(t, 1, count(t, env.DB, (*credits.Entry)(nil)))
	})
}
