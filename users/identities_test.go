package users_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

func TestLinkAndUnlinkIdentities(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		ada := signIn(t, env.DB, google("g-1", "ada@example.com")).User
		grace := signIn(t, env.DB, google("g-2", "grace@example.com")).User
		link := func(db bun.IDB, user string, p users.Profile) (*users.LinkIdentityResult, error) {
			return users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: user, Profile: p})
		}

		// Any address will do, even another user's that is not verified.
		linked, err := link(env.DB, ada.UUID, unverified(github("77", "grace@example.com")))
		require.NoError(t, err)
		require.False(t, linked.Replayed)
		again, err := link(env.DB, ada.UUID, github("77", ""))
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, ada.UUID, signIn(t, env.DB, github("77", "")).User.UUID)

		err = env.DB.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error {
			_, err := link(tx, grace.UUID, github("77", ""))
			require.ErrorIs(t, err, users.ErrIdentityTaken)
			require.NotContains(t, err.Error(), ada.UUID)
			_, err = link(tx, uuid.NewString(), github("88", ""))
			require.ErrorIs(t, err, users.ErrNotFound)
			_, err = link(tx, grace.UUID, users.Profile{Provider: "X Y", Subject: "1"})
			require.ErrorIs(t, err, users.ErrInvalid)
			_, err = link(tx, grace.UUID, github("88", ""))
			return err
		})
		require.NoError(t, err)
		require.Len(t, identities(t, env.DB, grace.UUID), 2)

		unlink := func(p users.UnlinkIdentityParams) (*users.UnlinkIdentityResult, error) {
			return users.UnlinkIdentity(ctx, env.DB, p)
		}
		p := users.UnlinkIdentityParams{UserUUID: ada.UUID, Provider: users.ProviderGitHub, Subject: "77"}
		gone, err := unlink(p)
		require.NoError(t, err)
		require.EqualValues(t, 1, gone.Left)
		_, err = unlink(p)
		require.ErrorIs(t, err, users.ErrNotFound)
		p.Provider, p.Subject = users.ProviderGoogle, "g-1"
		_, err = unlink(p)
		require.ErrorIs(t, err, users.ErrLastIdentity)
		p.EvenLast = true
		_, err = unlink(p)
		require.NoError(t, err)
		require.Empty(t, identities(t, env.DB, ada.UUID))
		_, err = unlink(users.UnlinkIdentityParams{UserUUID: uuid.NewString(), Provider: p.Provider, Subject: "g-1"})
		require.ErrorIs(t, err, users.ErrNotFound)
		_, err = users.ListIdentities(ctx, env.DB, users.ListIdentitiesParams{UserUUID: "ada"})
		require.ErrorIs(t, err, users.ErrInvalid)
		unlinkOneOfMany(t, env, grace.UUID)
	})
}

// unlinkOneOfMany gives a user more identities than a page of a list holds: Left
// counts them all.
func unlinkOneOfMany(t *testing.T, env *enginetest.Env, user string) {
	t.Helper()
	const many = 120
	before, err := env.DB.NewSelect().Model((*users.Identity)(nil)).Where("user_uuid = ?", user).Count(t.Context())
	require.NoError(t, err)
	rows := make([]users.Identity, many)
	for i := range rows {
		rows[i] = users.Identity{UserUUID: user, Provider: "github", Subject: fmt.Sprint("many-", i)}
	}
	_, err = env.DB.NewInsert().Model(&rows).Exec(t.Context())
	require.NoError(t, err)
	got, err := users.UnlinkIdentity(t.Context(), env.DB, users.UnlinkIdentityParams{UserUUID: user, Provider: "github", Subject: "many-7"})
	require.NoError(t, err)
	require.Equal(t, before+many-1, got.Left)
	require.Equal(t, "many-7", got.Identity.Subject)
}

func TestLinkingProvesTheEmail(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		ada := signIn(t, env.DB, unverified(github("77", "ada@example.com"))).User
		for i, c := range []struct {
			profile    users.Profile
			unverified bool
		}{
			{google("g-1", "other@example.com"), true},
			{unverified(google("g-2", "ada@example.com")), true},
			{google("g-3", "ada@example.com"), false},
			{google("g-4", ""), false},
		} {
			_, err := users.LinkIdentity(ctx, env.DB, users.LinkIdentityParams{UserUUID: ada.UUID, Profile: c.profile})
			require.NoError(t, err)
			now, err := users.Get(ctx, env.DB, users.GetParams{UserUUID: ada.UUID})
			require.NoError(t, err)
			require.Equal(t, c.unverified, now.EmailUnverified, "%d", i)
		}
	})
}

func TestIdentitiesAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		people := []*users.User{
			signIn(t, env.DB, google("g-1", "ada@example.com")).User,
			signIn(t, env.DB, google("g-2", "grace@example.com")).User,
		}
		var all sync.WaitGroup
		errs := make([]error, 10)
		for i := range errs {
			all.Go(func() {
				_, errs[i] = users.LinkIdentity(ctx, env.DB, users.LinkIdentityParams{
					UserUUID: people[i%2].UUID, Profile: github("77", ""),
				})
			})
		}
		all.Wait()
		taken := 0
		for _, err := range errs {
			if err != nil {
				require.ErrorIs(t, err, users.ErrIdentityTaken)
				taken++
			}
		}
		require.Equal(t, 5, taken, "it is one person's")

		// That person unlinks both identities at once: one of them stays.
		owner := signIn(t, env.DB, github("77", "")).User.UUID
		unlinked := make([]error, 2)
		for i, id := range identities(t, env.DB, owner) {
			all.Go(func() {
				_, unlinked[i] = users.UnlinkIdentity(ctx, env.DB, users.UnlinkIdentityParams{
					UserUUID: owner, Provider: id.Provider, Subject: id.Subject,
				})
			})
		}
		all.Wait()
		assert.NotEqual(t, unlinked[0] == nil, unlinked[1] == nil, "%v", unlinked)
		require.Len(t, identities(t, env.DB, owner), 1)
	})
}
