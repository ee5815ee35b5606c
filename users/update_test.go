package users_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

func make2(t *testing.T, db bun.IDB) (ada, grace *users.User) {
	t.Helper()
	for i, email := range []string{"ada@example.com", "grace@example.com"} {
		made, err := users.Create(context.Background(), db, users.CreateParams{
			Email: email, Nickname: "nick", AvatarURL: "https://cdn.example.com/a.png", At: signedUp,
		})
		require.NoError(t, err)
		if i == 0 {
			ada = made.User
		} else {
			grace = made.User
		}
	}
	return ada, grace
}

func TestUpdate(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		ada, _ := make2(t, env.DB)
		later := signedUp.Add(time.Hour)
		changed, err := users.Update(ctx, env.DB, users.UpdateParams{
			UserUUID: ada.UUID, Nickname: new("Ada"), IsAffiliate: new(true), At: later,
		})
		require.NoError(t, err)
		require.False(t, changed.Replayed)
		now, err := users.Get(ctx, env.DB, users.GetParams{UserUUID: ada.UUID})
		require.NoError(t, err)
		require.Equal(t, "Ada", now.Nickname)
		require.True(t, now.IsAffiliate)
		require.Equal(t, ada.AvatarURL, now.AvatarURL, "what is not named stays")
		require.Equal(t, ada.Email, now.Email)
		require.Equal(t, ada.InviteCode, now.InviteCode)
		require.True(t, later.Equal(now.UpdatedAt))
		require.True(t, signedUp.Equal(now.CreatedAt))

		again, err := users.Update(ctx, env.DB, users.UpdateParams{UserUUID: ada.UUID, Nickname: new("Ada"), IsAffiliate: new(true)})
		require.NoError(t, err)
		require.True(t, again.Replayed)
		again, err = users.Update(ctx, env.DB, users.UpdateParams{UserUUID: ada.UUID})
		require.NoError(t, err)
		require.True(t, again.Replayed)

		_, err = users.Update(ctx, env.DB, users.UpdateParams{
			UserUUID: ada.UUID, Email: new(" Ada@New.example"), Nickname: new(""), AvatarURL: new(""), IsAffiliate: new(false),
		})
		require.NoError(t, err)
		now, err = users.Get(ctx, env.DB, users.GetParams{Email: "ada@new.example"})
		require.NoError(t, err)
		require.Equal(t, ada.UUID, now.UUID)
		require.Empty(t, now.Nickname)
		require.Empty(t, now.AvatarURL)
		require.False(t, now.IsAffiliate)
		_, err = users.Get(ctx, env.DB, users.GetParams{Email: "ada@example.com"})
		require.ErrorIs(t, err, users.ErrNotFound)
	})
}

func TestUpdateRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		ada, grace := make2(t, env.DB)
		for field, p := range map[string]users.UpdateParams{
			"UserUUID":  {UserUUID: "ada"},
			"Email":     {UserUUID: ada.UUID, Email: new("")},
			"Nickname":  {UserUUID: ada.UUID, Nickname: new(strings.Repeat("名", 256))},
			"AvatarURL": {UserUUID: ada.UUID, AvatarURL: new("\xff")},
			"At":        {UserUUID: ada.UUID, At: time.Unix(-1, 0)},
		} {
			_, err := users.Update(ctx, env.DB, p)
			var invalid *users.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}
		// After each refusal the caller's transaction goes on, and commits.
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := users.Update(ctx, tx, users.UpdateParams{UserUUID: uuid.NewString(), Nickname: new("x")})
			require.ErrorIs(t, err, users.ErrNotFound)
			_, err = users.Update(ctx, tx, users.UpdateParams{
				UserUUID: ada.UUID, Nickname: new("Ada"), Email: new("GRACE@example.com"),
			})
			require.ErrorIs(t, err, users.ErrEmailTaken)
			_, err = users.Update(ctx, tx, users.UpdateParams{UserUUID: grace.UUID, Nickname: new("Grace")})
			return err
		})
		require.NoError(t, err)
		now, err := users.Get(ctx, env.DB, users.GetParams{UserUUID: ada.UUID})
		require.NoError(t, err)
		require.Equal(t, "nick", now.Nickname)
		now, err = users.Get(ctx, env.DB, users.GetParams{UserUUID: grace.UUID})
		require.NoError(t, err)
		require.Equal(t, "Grace", now.Nickname)
	})
}

// TestUpdateGivesAnEmailOnce: everybody wants the same one, and in transactions
// of their own that go on when they do not get it.
func TestUpdateGivesAnEmailOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		ada, grace := make2(t, env.DB)
		people := []*users.User{ada, grace}
		var all sync.WaitGroup
		errs, outer := make([]error, 2), make([]error, 2)
		for i, u := range people {
			all.Go(func() {
				outer[i] = env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
					_, errs[i] = users.Update(ctx, tx, users.UpdateParams{UserUUID: u.UUID, Email: new("we@example.com")})
					_, err := users.Update(ctx, tx, users.UpdateParams{UserUUID: u.UUID, Nickname: new("tried")})
					return err
				})
			})
		}
		all.Wait()
		require.NoError(t, outer[0])
		require.NoError(t, outer[1])
		won := 0
		for i, u := range people {
			if errs[i] == nil {
				won++
			} else {
				require.ErrorIs(t, errs[i], users.ErrEmailTaken)
			}
			now, err := users.Get(ctx, env.DB, users.GetParams{UserUUID: u.UUID})
			require.NoError(t, err)
			require.Equal(t, "tried", now.Nickname)
		}
		require.Equal(t, 1, won)
	})
}
