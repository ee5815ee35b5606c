package users_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// strangers are n users without referrers.
func strangers(t require.TestingT, db bun.IDB, n int) []users.User {
	all := make([]users.User, n)
	for i := range all {
		id := uuid.NewString()
		all[i] = users.User{UUID: id, Email: id + "@example.com", InviteCode: "c-" + id, CreatedAt: signedUp}
	}
	_, err := db.NewInsert().Model(&all).Exec(context.Background())
	require.NoError(t, err)
	return all
}

func refer(db bun.IDB, u, referrer users.User) (*users.SetReferrerResult, error) {
	return users.SetReferrer(context.Background(), db, users.SetReferrerParams{
		UserUUID: u.UUID, InviteCode: referrer.InviteCode,
	})
}

func TestSetReferrer(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		who := strangers(t, env.DB, 4)
		a, b, c, d := who[0], who[1], who[2], who[3]
		set, err := refer(env.DB, a, b)
		require.NoError(t, err)
		require.Equal(t, b.UUID, set.User.InvitedBy)
		require.Equal(t, b.UUID, set.Referrer.UUID)
		set, err = refer(env.DB, a, b)
		require.NoError(t, err)
		require.True(t, set.Replayed)
		_, err = refer(env.DB, b, c)
		require.NoError(t, err)

		// The caller's transaction goes on after each refusal, and commits.
		err = env.DB.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error {
			_, err := refer(tx, a, a)
			require.ErrorIs(t, err, users.ErrSelfReferral)
			_, err = refer(tx, a, d)
			require.ErrorIs(t, err, users.ErrReferrerSet)
			_, err = refer(tx, c, a)
			require.ErrorIs(t, err, users.ErrReferralLoop)
			_, err = refer(tx, c, users.User{InviteCode: "C-" + d.UUID})
			require.ErrorIs(t, err, users.ErrNotFound)
			_, err = refer(tx, users.User{UUID: uuid.NewString()}, d)
			require.ErrorIs(t, err, users.ErrNotFound)
			_, err = refer(tx, users.User{UUID: "x"}, d)
			require.ErrorIs(t, err, users.ErrInvalid)
			_, err = refer(tx, c, users.User{})
			require.ErrorIs(t, err, users.ErrInvalid)
			_, err = refer(tx, c, d)
			return err
		})
		require.NoError(t, err)
		stored, err := users.Get(ctx, env.DB, users.GetParams{UserUUID: c.UUID})
		require.NoError(t, err)
		require.Equal(t, d.UUID, stored.InvitedBy)
	})
}

// TestSetReferrerMeetsALoop that another program made, and one that would be.
func TestSetReferrerMeetsALoop(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		who := strangers(t, env.DB, 3)
		for i, u := range who[:2] {
			_, err := env.DB.NewUpdate().Model(&u).Set("invited_by = ?", who[1-i].UUID).Where("uuid = ?", u.UUID).Exec(t.Context())
			require.NoError(t, err)
		}
		_, err := refer(env.DB, who[2], who[0])
		require.NoError(t, err, "the user is not part of it")
	})
}

func TestSetReferrerUnderALongChain(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		who := strangers(t, env.DB, 1003)
		for i := range who[:1002] {
			who[i].InvitedBy = who[i+1].UUID
		}
		_, err := env.DB.NewDelete().Model((*users.User)(nil)).Where("id > 0").Exec(t.Context())
		require.NoError(t, err)
		for i := range who {
			who[i].ID = 0
		}
		_, err = env.DB.NewInsert().Model(&who).Exec(t.Context())
		require.NoError(t, err)
		top := who[1002]
		_, err = refer(env.DB, top, who[5])
		require.ErrorIs(t, err, users.ErrReferralLoop)
		_, err = refer(env.DB, top, who[0])
		require.ErrorIs(t, err, users.ErrReferralDepth)
	})
}

// requireNoLoops follows everybody's referrers to the top.
func requireNoLoops(t require.TestingT, db bun.IDB) map[string]string {
	var all []users.User
	require.NoError(t, db.NewSelect().Model(&all).Scan(context.Background()))
	above := map[string]string{}
	for _, u := range all {
		above[u.UUID] = u.InvitedBy
	}
	for id := range above {
		steps := 0
		for next := above[id]; next != ""; next = above[next] {
			steps++
			require.LessOrEqual(t, steps, len(all), "%s is in a loop", id)
		}
	}
	return above
}

// TestReferralsNeverLoop sets random links, in random order, some of them at
// the same moment.
func TestReferralsNeverLoop(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		rapid.Check(t, func(r *rapid.T) {
			who := strangers(r, env.DB, rapid.IntRange(2, 6).Draw(r, "people"))
			one := rapid.IntRange(0, len(who)-1)
			type pair struct{ user, referrer int }
			pairs := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) pair {
				return pair{one.Draw(r, "user"), one.Draw(r, "referrer")}
			}), 1, 12).Draw(r, "pairs")
			width := rapid.IntRange(1, 6).Draw(r, "at once")
			model := map[int]int{}
			for len(pairs) > 0 {
				batch := pairs[:min(width, len(pairs))]
				pairs = pairs[len(batch):]
				errs := make([]error, len(batch))
				var all sync.WaitGroup
				for i, p := range batch {
					all.Go(func() { _, errs[i] = refer(env.DB, who[p.user], who[p.referrer]) })
				}
				all.Wait()
				for i, p := range batch {
					if errs[i] == nil {
						if was, ok := model[p.user]; ok {
							require.Equal(r, was, p.referrer, "set once")
						}
						model[p.user] = p.referrer
						continue
					}
					require.True(r, errors.Is(errs[i], users.ErrSelfReferral) || errors.Is(errs[i], users.ErrReferrerSet) ||
						errors.Is(errs[i], users.ErrReferralLoop), "%v", errs[i])
				}
			}
			above := requireNoLoops(r, env.DB)
			for i, u := range who {
				want := ""
				if referrer, ok := model[i]; ok {
					want = who[referrer].UUID
				}
				require.Equal(r, want, above[u.UUID])
			}
			_, err := env.DB.NewDelete().Model((*users.User)(nil)).Where("id > 0").Exec(context.Background())
			require.NoError(r, err)
		})
	})
}

// TestRingAtOnce: everybody names their neighbour at the same moment, which
// would close the ring. All but the last succeed, in transactions of their own
// and in callers'.
func TestRingAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for n := 2; n <= 8; n++ {
			who := strangers(t, env.DB, n)
			errs := make([]error, n)
			var all sync.WaitGroup
			start := make(chan struct{})
			for i := range who {
				all.Go(func() {
					<-start
					if n%2 == 0 {
						_, errs[i] = refer(env.DB, who[i], who[(i+1)%n])
						return
					}
					errs[i] = retrying(env.DB, func(_ context.Context, tx bun.Tx) error {
						_, err := refer(tx, who[i], who[(i+1)%n])
						return err
					})
				})
			}
			close(start)
			all.Wait()
			loops := 0
			for _, err := range errs {
				if err != nil {
					assert.ErrorIs(t, err, users.ErrReferralLoop)
					loops++
				}
			}
			require.Equal(t, 1, loops, fmt.Sprint(errs))
			requireNoLoops(t, env.DB)
		}
	})
}
