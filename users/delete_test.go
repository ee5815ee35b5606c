package users_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

func TestDelete(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		profile := google("g-1", "ada@example.com")
		profile.Name, profile.AvatarURL = "Ada Lovelace", "https://cdn.example.com/ada.png"
		ada := signIn(t, env.DB, profile).User
		_, err := users.LinkIdentity(ctx, env.DB, users.LinkIdentityParams{UserUUID: ada.UUID, Profile: github("77", "lovelace@example.org")})
		require.NoError(t, err)
		invited, err := users.Create(ctx, env.DB, users.CreateParams{Email: "grace@example.com", InviteCode: ada.InviteCode})
		require.NoError(t, err)
		_, err = credits.Grant(ctx, env.DB, credits.GrantParams{
			UserUUID: ada.UUID, Amount: 50, Type: credits.TypeSystemAdd, Key: "gift", Metadata: map[string]any{"for": "Ada Lovelace"},
		})
		require.NoError(t, err)

		at := signedUp.Add(48 * time.Hour)
		gone, err := users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: ada.UUID, At: at})
		require.NoError(t, err)
		require.False(t, gone.Replayed)
		require.Equal(t, []string{"ada@example.com", "lovelace@example.org"}, gone.Emails)
		require.Equal(t, 2, gone.Identities)
		require.Equal(t, int64(1), gone.Entries)

		// The row stays, as a pseudonym.
		var row users.User
		require.NoError(t, env.DB.NewSelect().Model(&row).Where("uuid = ?", ada.UUID).Scan(ctx))
		require.Equal(t, "deleted-"+ada.UUID+"@users.invalid", row.Email)
		require.Equal(t, "deleted-"+ada.UUID, row.InviteCode)
		require.Empty(t, row.Nickname)
		require.Empty(t, row.AvatarURL)
		require.True(t, at.Equal(row.DeletedAt))
		require.True(t, signedUp.Equal(row.CreatedAt))

		// Nothing finds it.
		for _, p := range []users.GetParams{
			{UserUUID: ada.UUID},
			{Email: "ada@example.com"},
			{InviteCode: ada.InviteCode},
			{InviteCode: row.InviteCode},
		} {
			_, err := users.Get(ctx, env.DB, p)
			require.ErrorIs(t, err, users.ErrNotFound)
		}
		_, err = users.Get(ctx, env.DB, users.GetParams{Email: row.Email})
		require.ErrorIs(t, err, users.ErrNotFound)
		_, err = users.Create(ctx, env.DB, users.CreateParams{Email: "x@example.com", InviteCode: ada.InviteCode})
		require.ErrorIs(t, err, users.ErrNotFound)
		_, err = users.Update(ctx, env.DB, users.UpdateParams{UserUUID: ada.UUID, Nickname: new("Ada")})
		require.ErrorIs(t, err, users.ErrNotFound)
		_, err = users.LinkIdentity(ctx, env.DB, users.LinkIdentityParams{UserUUID: ada.UUID, Profile: profile})
		require.ErrorIs(t, err, users.ErrNotFound)

		// Those whom she invited keep their referrer, and the books their sums.
		stored, err := users.Get(ctx, env.DB, users.GetParams{UserUUID: invited.User.UUID})
		require.NoError(t, err)
		require.Equal(t, ada.UUID, stored.InvitedBy)
		report, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.True(t, report.OK(), "%v", report.Breaches)
		charged, err := credits.Charge(ctx, env.DB, credits.ChargeParams{UserUUID: ada.UUID, Amount: 20, Key: "under way"})
		require.NoError(t, err, "work that was under way is paid for")
		require.Equal(t, int64(130), charged.Available)

		again, err := users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: ada.UUID})
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Empty(t, again.Emails)
		require.Zero(t, again.Identities)
		require.True(t, at.Equal(again.User.DeletedAt), "the first time counts")

		// The same person comes back as somebody else.
		back := signIn(t, env.DB, profile)
		require.Equal(t, users.Created, back.Outcome)
		require.NotEqual(t, ada.UUID, back.User.UUID)
		require.Equal(t, int64(100), back.Welcome.Available)
	})
}

func TestDeleteRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		err := env.DB.RunInTx(context.Background(), nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := users.Delete(ctx, tx, users.DeleteParams{UserUUID: uuid.NewString()})
			require.ErrorIs(t, err, users.ErrNotFound)
			_, err = users.Delete(ctx, tx, users.DeleteParams{UserUUID: "x"})
			require.ErrorIs(t, err, users.ErrInvalid)
			_, err = users.Create(ctx, tx, users.CreateParams{Email: "ada@example.com"})
			return err
		})
		require.NoError(t, err)
	})
}

// TestDeleteWhileSigningIn: whichever is first, no identity leads to a deleted
// user.
func TestDeleteWhileSigningIn(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for range 5 {
			ada := signIn(t, env.DB, google("g-1", "ada@example.com")).User
			done := make(chan error, 3)
			for _, p := range []users.Profile{google("g-1", "ada@example.com"), github("77", "ada@example.com")} {
				go func() {
					_, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: p})
					done <- err
				}()
			}
			go func() {
				_, err := users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: ada.UUID})
				done <- err
			}()
			for range 3 {
				require.NoError(t, <-done)
			}
			require.Empty(t, identities(t, env.DB, ada.UUID))
			for _, p := range []users.Profile{google("g-1", "ada@example.com"), github("77", "ada@example.com")} {
				in := signIn(t, env.DB, p)
				require.NotEqual(t, ada.UUID, in.User.UUID)
				require.Zero(t, in.User.DeletedAt)
				_, err := users.UnlinkIdentity(ctx, env.DB, users.UnlinkIdentityParams{
					UserUUID: in.User.UUID, Provider: p.Provider, Subject: p.Subject, EvenLast: true,
				})
				require.NoError(t, err)
			}
			var left []users.User
			require.NoError(t, env.DB.NewSelect().Model(&left).Where("deleted_at IS NULL").Scan(ctx))
			require.Len(t, left, 1, "one living user")
			_, err := users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: left[0].UUID})
			require.NoError(t, err)
		}
	})
}
