package users_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

func TestGet(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		made, err := users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com"})
		require.NoError(t, err)
		u := made.User
		byField := map[string]users.GetParams{
			"UserUUID":   {UserUUID: u.UUID},
			"Email":      {Email: " Ada@EXAMPLE.com"},
			"InviteCode": {InviteCode: u.InviteCode},
		}
		for field, p := range byField {
			got, err := users.Get(ctx, env.DB, p)
			require.NoError(t, err, field)
			require.Equal(t, u.UUID, got.UUID, field)
			require.Empty(t, got.Nickname, "NULL reads as empty")
			require.Zero(t, got.DeletedAt)
		}

		_, err = env.DB.NewUpdate().Model(u).Set("deleted_at = ?", time.Now()).Where("uuid = ?", u.UUID).Exec(ctx)
		require.NoError(t, err)
		for field, p := range byField {
			_, err := users.Get(ctx, env.DB, p)
			var unknown *users.NotFoundError
			require.ErrorAs(t, err, &unknown)
			require.Equal(t, field, unknown.Field)
		}
	})
}

func TestGetRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for want, p := range map[string]users.GetParams{
			"GetParams":  {},
			"UserUUID":   {UserUUID: "0195C2A1-0000-7000-8000-000000000000"},
			"Email":      {Email: "ada"},
			"InviteCode": {InviteCode: "a7Bx9Q "},
		} {
			_, err := users.Get(context.Background(), env.DB, p)
			var invalid *users.InvalidError
			require.ErrorAs(t, err, &invalid, want)
			require.Equal(t, want, invalid.Field)
		}
		_, err := users.Get(context.Background(), env.DB, users.GetParams{UserUUID: uuid.NewString(), Email: "a@b.c"})
		require.ErrorIs(t, err, users.ErrInvalid)
		_, err = users.GetWithCredits(context.Background(), env.DB, users.GetWithCreditsParams{Email: "a@b.c"})
		require.ErrorIs(t, err, users.ErrNotFound)
	})
}
