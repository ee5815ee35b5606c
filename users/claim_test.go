package users_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// TestAStrangerWaitsInAnAccount is account pre-hijacking: a stranger signs up with
// the victim's address, in each way there is, and waits for the victim, who
// comes in each way that proves the address.
func TestAStrangerWaitsInAnAccount(t *testing.T) {
	const email = "ada@example.com"
	squats := map[string]func(ctx context.Context, db bun.IDB) (*users.User, error){
		"Create": func(ctx context.Context, db bun.IDB) (*users.User, error) {
			in, err := users.Create(ctx, db, users.CreateParams{Email: " Ada@Example.com", EmailUnverified: true})
			if err != nil {
				return nil, err
			}
			// With a way in of their own.
			_, err = users.LinkIdentity(ctx, db, users.LinkIdentityParams{UserUUID: in.User.UUID, Profile: google("evil", "evil@example.com")})
			return in.User, err
		},
		"SignIn": func(ctx context.Context, db bun.IDB) (*users.User, error) {
			in, err := users.SignIn(ctx, db, users.SignInParams{Profile: unverified(github("66", email))})
			if err != nil {
				return nil, err
			}
			return in.User, nil
		},
		"Update": func(ctx context.Context, db bun.IDB) (*users.User, error) {
			in, err := users.SignIn(ctx, db, users.SignInParams{Profile: google("evil", "evil@example.com")})
			if err != nil {
				return nil, err
			}
			up, err := users.Update(ctx, db, users.UpdateParams{UserUUID: in.User.UUID, Email: new(email), EmailUnverified: true})
			if err != nil {
				return nil, err
			}
			return up.User, nil
		},
	}
	type arrival struct{ user, displaced *users.User }
	arrivals := map[string]func(ctx context.Context, db bun.IDB) (arrival, error){
		"SignIn": func(ctx context.Context, db bun.IDB) (arrival, error) {
			in, err := users.SignIn(ctx, db, users.SignInParams{Profile: google("g-1", email)})
			if err != nil {
				return arrival{}, err
			}
			assert.Equal(t, users.Created, in.Outcome)
			assert.NotNil(t, in.Welcome)
			return arrival{in.User, in.Displaced}, nil
		},
		"Create": func(ctx context.Context, db bun.IDB) (arrival, error) {
			in, err := users.Create(ctx, db, users.CreateParams{Email: email})
			if err != nil {
				return arrival{}, err
			}
			return arrival{in.User, in.Displaced}, nil
		},
		"Update": func(ctx context.Context, db bun.IDB) (arrival, error) {
			in, err := users.Create(ctx, db, users.CreateParams{Email: "ada@old.example"})
			if err != nil {
				return arrival{}, err
			}
			up, err := users.Update(ctx, db, users.UpdateParams{UserUUID: in.User.UUID, Email: new(email)})
			if err != nil {
				return arrival{}, err
			}
			return arrival{up.User, up.Displaced}, nil
		},
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		undo := errors.New("undo")
		for how, squat := range squats {
			for by, arrive := range arrivals {
				err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
					stranger, err := squat(ctx, tx)
					require.NoError(t, err, how)
					require.Equal(t, email, stranger.Email)
					require.True(t, stranger.EmailUnverified)
					before := identities(t, tx, stranger.UUID)

					victim, err := arrive(ctx, tx)
					require.NoError(t, err, "%s, %s", how, by)
					require.NotEqual(t, stranger.UUID, victim.user.UUID)
					require.Equal(t, email, victim.user.Email)
					require.False(t, victim.user.EmailUnverified)
					require.Equal(t, stranger.UUID, victim.displaced.UUID)
					for _, id := range identities(t, tx, victim.user.UUID) {
						require.Equal(t, "g-1", id.Subject, "nothing of the stranger's opens the account")
					}

					// The stranger goes on, without the address.
					require.Equal(t, before, identities(t, tx, stranger.UUID))
					now, err := users.Get(ctx, tx, users.GetParams{UserUUID: stranger.UUID})
					require.NoError(t, err)
					require.Equal(t, "unproven-"+stranger.UUID+"@users.invalid", now.Email)
					require.True(t, now.EmailUnverified)
					found, err := users.Get(ctx, tx, users.GetParams{Email: email})
					require.NoError(t, err)
					require.Equal(t, victim.user.UUID, found.UUID)
					_, err = users.Update(ctx, tx, users.UpdateParams{UserUUID: stranger.UUID, Email: new(email)})
					require.ErrorIs(t, err, users.ErrEmailTaken)
					require.Equal(t, users.Linked, signIn(t, tx, github("77", email)).Outcome, "the victim's other provider joins")
					return undo
				})
				require.ErrorIs(t, err, undo)
			}
		}
	})
}

// TestUnprovenTakesNothing: neither a user's address nor that of another who has
// not proven it.
func TestUnprovenTakesNothing(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for _, holder := range []users.CreateParams{{Email: "ada@example.com"}, {Email: "grace@example.com", EmailUnverified: true}} {
			made, err := users.Create(ctx, env.DB, holder)
			require.NoError(t, err)
			err = env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := users.Create(ctx, tx, users.CreateParams{Email: holder.Email, EmailUnverified: true})
				require.ErrorIs(t, err, users.ErrEmailTaken)
				other, err := users.Create(ctx, tx, users.CreateParams{Email: "other." + holder.Email})
				require.NoError(t, err)
				_, err = users.Update(ctx, tx, users.UpdateParams{UserUUID: other.User.UUID, Email: new(holder.Email), EmailUnverified: true})
				require.ErrorIs(t, err, users.ErrEmailTaken)
				_, err = users.SignIn(ctx, tx, users.SignInParams{Profile: unverified(google("g-9", holder.Email))})
				require.ErrorIs(t, err, users.ErrEmailConflict)
				_, err = users.Update(ctx, tx, users.UpdateParams{UserUUID: other.User.UUID, EmailUnverified: true})
				require.ErrorIs(t, err, users.ErrInvalid)
				return nil
			})
			require.NoError(t, err)

			// The caller's word proves it, and nobody's takes the proof away.
			for i, p := range []users.UpdateParams{
				{Email: new(holder.Email), EmailUnverified: true}, {Email: new(holder.Email)}, {Email: new(holder.Email), EmailUnverified: true},
			} {
				p.UserUUID = made.User.UUID
				up, err := users.Update(ctx, env.DB, p)
				require.NoError(t, err)
				require.Equal(t, holder.EmailUnverified && i == 0, up.User.EmailUnverified)
				require.Equal(t, !holder.EmailUnverified || i != 1, up.Replayed, "%d", i)
			}
			up, err := users.Update(ctx, env.DB, users.UpdateParams{UserUUID: made.User.UUID, Email: new("new." + holder.Email), EmailUnverified: true})
			require.NoError(t, err)
			require.True(t, up.User.EmailUnverified)
		}
	})
}

// TestRecycledAddress: a company gives the address of somebody who left to somebody
// else, who has another account at the same provider.
func TestRecycledAddress(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		old := signIn(t, env.DB, google("g-1", "sales@example.com")).User
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := users.SignIn(ctx, tx, users.SignInParams{Profile: google("g-2", "Sales@Example.com")})
			var conflict *users.EmailConflictError
			require.ErrorAs(t, err, &conflict)
			require.Equal(t, users.EmailConflictError{Provider: users.ProviderGoogle, Email: "sales@example.com", Verified: true}, *conflict)
			require.NotContains(t, err.Error(), old.UUID)
			require.NotContains(t, err.Error(), "g-1")
			_, err = users.Update(ctx, tx, users.UpdateParams{UserUUID: old.UUID, Nickname: new("still here")})
			return err
		})
		require.NoError(t, err, "the caller's transaction goes on")
		require.Len(t, identities(t, env.DB, old.UUID), 1)
		require.Equal(t, 1, count(t, env.DB, (*users.Identity)(nil)), "no identity is left behind")
		require.Equal(t, users.Linked, signIn(t, env.DB, github("77", "sales@example.com")).Outcome, "the other provider joins")
		_, err = users.SignIn(ctx, env.DB, users.SignInParams{Profile: github("78", "sales@example.com")})
		require.ErrorIs(t, err, users.ErrEmailConflict, "and then has an account there, too")

		// The product knows that the address has changed hands.
		_, err = users.Update(ctx, env.DB, users.UpdateParams{UserUUID: old.UUID, Email: new("old.sales@example.com")})
		require.NoError(t, err)
		in := signIn(t, env.DB, google("g-2", "sales@example.com"))
		require.Equal(t, users.Created, in.Outcome)
		require.NotEqual(t, old.UUID, in.User.UUID)
		require.Equal(t, old.UUID, signIn(t, env.DB, google("g-1", "sales@example.com")).User.UUID)
	})
}

// TestUnlinkedProviderStillVouches: unlinking does not open the account to another
// account of the same provider, which may be somebody else's by now.
func TestUnlinkedProviderStillVouches(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		old := signIn(t, env.DB, google("g-1", "sales@example.com")).User
		signIn(t, env.DB, github("77", "sales@example.com"))
		unlink := func(p users.Provider, subject string) {
			_, err := users.UnlinkIdentity(ctx, env.DB, users.UnlinkIdentityParams{
				UserUUID: old.UUID, Provider: p, Subject: subject, EvenLast: true,
			})
			require.NoError(t, err)
		}
		refused := func(p users.Profile) {
			t.Helper()
			_, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: p})
			require.ErrorIs(t, err, users.ErrEmailConflict)
			err = env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := users.SignIn(ctx, tx, users.SignInParams{Profile: p})
				require.ErrorIs(t, err, users.ErrEmailConflict)
				return nil
			})
			require.NoError(t, err)
		}
		unlink(users.ProviderGoogle, "g-1")
		refused(google("g-2", "sales@example.com"))
		unlink(users.ProviderGitHub, "77")
		refused(google("g-2", "sales@example.com"))
		refused(github("78", "sales@example.com"))

		// Their own come back, and so does one that the product had linked.
		for _, subject := range []string{"g-1", "g-3"} {
			_, err := users.LinkIdentity(ctx, env.DB, users.LinkIdentityParams{UserUUID: old.UUID, Profile: google(subject, "")})
			require.NoError(t, err)
			unlink(users.ProviderGoogle, subject)
		}
		refused(google("g-2", "sales@example.com"))
		for _, p := range []users.Profile{google("g-3", "sales@example.com"), github("77", "sales@example.com")} {
			in := signIn(t, env.DB, p)
			require.Equal(t, users.Linked, in.Outcome)
			require.Equal(t, old.UUID, in.User.UUID)
		}

		gone, err := users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: old.UUID})
		require.NoError(t, err)
		require.Empty(t, gone.User.FormerIdentities)
		require.Equal(t, users.Created, signIn(t, env.DB, google("g-2", "sales@example.com")).Outcome)
	})
}

// TestSubjectsOfOneProviderAtOnce: whoever is first has the address, and the others
// are told. A user without identities gets one of them.
func TestSubjectsOfOneProviderAtOnce(t *testing.T) {
	for name, first := range map[string]bool{"new": false, "a user of Create": true} {
		t.Run(name, func(t *testing.T) {
			enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
				ctx := context.Background()
				if first {
					_, err := users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com"})
					require.NoError(t, err)
				}
				var all sync.WaitGroup
				errs := make([]error, 12)
				for i := range errs {
					all.Go(func() {
						p := users.SignInParams{Profile: google(fmt.Sprint("g-", i%6), "ada@example.com")}
						if i%2 == 0 {
							_, errs[i] = users.SignIn(ctx, env.DB, p)
							return
						}
						errs[i] = retrying(env.DB, func(ctx context.Context, tx bun.Tx) error {
							_, err := users.SignIn(ctx, tx, p)
							return err
						})
					})
				}
				all.Wait()
				in := 0
				for _, err := range errs {
					if err == nil {
						in++
						continue
					}
					require.ErrorIs(t, err, users.ErrEmailConflict)
				}
				require.Equal(t, 2, in, "the two calls of one subject")
				require.Equal(t, 1, count(t, env.DB, (*users.Identity)(nil)))
				requireOneUser(t, env.DB)
			})
		})
	}
}

// TestProofsAtOnce: many prove one address, by sign-ins and Create, that a
// stranger has without proof.
func TestProofsAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		squatter, err := users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com", EmailUnverified: true})
		require.NoError(t, err)
		var all sync.WaitGroup
		who, errs := make([]string, 18), make([]error, 18)
		for i := range errs {
			all.Go(func() {
				switch i % 3 {
				case 0:
					in, err := users.Create(ctx, env.DB, users.CreateParams{Email: "ada@example.com"})
					if errs[i] = err; err == nil {
						who[i] = in.User.UUID
					}
				default:
					p := []users.Profile{google("g-1", "ada@example.com"), github("77", "ada@example.com")}[i%3-1]
					in, err := users.SignIn(ctx, env.DB, users.SignInParams{Profile: p})
					if errs[i] = err; err == nil {
						who[i] = in.User.UUID
					}
				}
			})
		}
		all.Wait()
		owners := map[string]bool{}
		for i, err := range errs {
			if i%3 == 0 && err != nil {
				require.ErrorIs(t, err, users.ErrEmailTaken)
				continue
			}
			require.NoError(t, err)
			owners[who[i]] = true
		}
		require.Len(t, owners, 1)
		require.NotContains(t, owners, squatter.User.UUID)
		require.Equal(t, 2, count(t, env.DB, (*users.User)(nil)))
		require.Equal(t, 2, count(t, env.DB, (*credits.Entry)(nil)), "a welcome grant each")
	})
}
