package affiliates_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/users"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// invited signs two users up, of whom the first invited the second.
func invited(t *testing.T, db bun.IDB) (referrer, customer *users.User) {
	t.Helper()
	ctx := context.Background()
	tag := uuid.NewString()
	first, err := users.Create(ctx, db, users.CreateParams{Email: "r-" + tag + "@example.com", At: noon})
	require.NoError(t, err)
	second, err := users.Create(ctx, db, users.CreateParams{
		Email: "c-" + tag + "@example.com", InviteCode: first.User.InviteCode, At: noon,
	})
	require.NoError(t, err)
	return first.User, second.User
}

// earned records a commission of 10.00 and returns its id.
func earned(t *testing.T, db bun.IDB, customer *users.User, orderNo string) int64 {
	t.Helper()
	r, err := affiliates.Record(context.Background(), db, affiliates.RecordParams{
		OrderNo: orderNo, CustomerUUID: customer.UUID, Amount: 5000, Currency: "USD",
		Tiers: affiliates.Tiers{{Percent: 20}}, At: noon,
	})
	require.NoError(t, err)
	require.Equal(t, int64(1000), r.Commission.CommissionAmount)
	return r.Commission.ID
}

func available(t *testing.T, db bun.IDB, user string) int64 {
	t.Helper()
	b, err := credits.Balance(context.Background(), db, credits.BalanceParams{UserUUID: user, At: noon.Add(time.Hour)})
	require.NoError(t, err)
	return b.Available - b.Debt
}

func TestRecord(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, customer := invited(t, env.DB)
		p := affiliates.RecordParams{OrderNo: "ORD-1", CustomerUUID: customer.UUID, Amount: 1999, Currency: "USD", At: noon}
		r, err := affiliates.Record(ctx, env.DB, p)
		require.NoError(t, err)
		assert.False(t, r.Replayed)
		stored, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{ID: r.Commission.ID, UserUUID: referrer.UUID})
		require.NoError(t, err)
		assert.Equal(t, referrer.UUID, stored.UserUUID)
		assert.Equal(t, customer.Email, stored.CustomerEmail)
		assert.Equal(t, "ORD-1", stored.OrderUUID)
		assert.Equal(t, int64(1999), stored.OrderAmount)
		assert.Equal(t, int64(5), stored.CommissionRate)
		assert.Equal(t, int64(99), stored.CommissionAmount)
		assert.Equal(t, affiliates.StatusPending, stored.Status)
		assert.True(t, noon.Equal(stored.CreatedAt))

		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				again, err := affiliates.Record(ctx, env.DB, p)
				if assert.NoError(t, err) {
					assert.True(t, again.Replayed)
					assert.Equal(t, stored.ID, again.Commission.ID)
				}
			})
		}
		all.Wait()

		for name, q := range map[string]affiliates.RecordParams{
			"not invited":      {OrderNo: "ORD-2", CustomerUUID: referrer.UUID, Amount: 1999, Currency: "USD"},
			"unknown":          {OrderNo: "ORD-3", CustomerUUID: uuid.NewString(), Amount: 1999, Currency: "USD"},
			"not even a uuid":  {OrderNo: "ORD-4", CustomerUUID: "user-7", Amount: 1999, Currency: "USD"},
			"too little":       {OrderNo: "ORD-5", CustomerUUID: customer.UUID, Amount: 19, Currency: "USD"},
			"free":             {OrderNo: "ORD-6", CustomerUUID: customer.UUID, Currency: "USD"},
			"the scale is off": {OrderNo: "ORD-7", CustomerUUID: customer.UUID, Amount: 1999, Tiers: affiliates.Tiers{}},
		} {
			r, err := affiliates.Record(ctx, env.DB, q)
			require.NoError(t, err, name)
			assert.Nil(t, r.Commission, name)
		}
		n, err := env.DB.NewSelect().Model((*affiliates.Commission)(nil)).Count(ctx)
		require.NoError(t, err)
		assert.Equal(t, int64(1), n)
	})
}

func TestSelfDealingEarnsNothing(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, customer := invited(t, env.DB)
		record := func(orderNo string) *affiliates.Commission {
			r, err := affiliates.Record(ctx, env.DB, affiliates.RecordParams{
				OrderNo: orderNo, CustomerUUID: customer.UUID, Amount: 1999, Currency: "USD",
			})
			require.NoError(t, err)
			return r.Commission
		}
		set := func(column, value string) {
			_, err := env.DB.NewUpdate().Model((*users.User)(nil)).Set("? = ?", bun.Ident(column), value).
				Where("uuid = ?", customer.UUID).Exec(ctx)
			require.NoError(t, err)
		}
		// No verb lets a user invite themselves; another program's row may.
		set("invited_by", customer.UUID)
		assert.Nil(t, record("ORD-1"))
		set("invited_by", uuid.NewString())
		assert.Nil(t, record("ORD-2"), "the referrer is gone")
	})
}

func TestReview(t *testing.T) {
	type verb struct {
		name string
		to   affiliates.Status
		do   func(db bun.IDB, id int64) (*affiliates.Result, error)
	}
	ctx := context.Background()
	verbs := []verb{
		{"Approve", affiliates.StatusApproved, func(db bun.IDB, id int64) (*affiliates.Result, error) {
			return affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: id, At: noon})
		}},
		{"Reject", affiliates.StatusRejected, func(db bun.IDB, id int64) (*affiliates.Result, error) {
			return affiliates.Reject(ctx, db, affiliates.ReviewParams{ID: id, At: noon})
		}},
		{"MarkPaid", affiliates.StatusPaid, func(db bun.IDB, id int64) (*affiliates.Result, error) {
			return affiliates.MarkPaid(ctx, db, affiliates.ReviewParams{ID: id, At: noon})
		}},
		{"ConvertToCredits", affiliates.StatusPaid, func(db bun.IDB, id int64) (*affiliates.Result, error) {
			return affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: id, At: noon})
		}},
	}
	paths := map[string][]int{"pending": nil, "approved": {0}, "rejected": {1}, "approved and rejected": {0, 1}, "paid": {0, 2}, "converted": {0, 3}}
	moves := map[string][]int{"pending": {0, 1}, "approved": {1, 2, 3}}
	replays := map[string]int{"approved": 0, "rejected": 1, "approved and rejected": 1, "paid": 2, "converted": 3}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		referrer, customer := invited(t, env.DB)
		n := 0
		for from, path := range paths {
			for i, v := range verbs {
				n++
				id := earned(t, env.DB, customer, fmt.Sprint("ORD-", n))
				for _, step := range path {
					_, err := verbs[step].do(env.DB, id)
					require.NoError(t, err)
				}
				before, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{ID: id})
				require.NoError(t, err)
				balance := available(t, env.DB, referrer.UUID)
				r, err := v.do(env.DB, id)
				after, readErr := affiliates.Get(ctx, env.DB, affiliates.GetParams{ID: id})
				require.NoError(t, readErr)
				replay, known := replays[from]
				switch {
				case known && replay == i:
					require.NoError(t, err, "%s of %s", v.name, from)
					require.True(t, r.Replayed)
					require.Equal(t, before, after)
					require.Equal(t, v.name == "ConvertToCredits", r.Operation != nil)
				case slices.Contains(moves[from], i):
					require.NoError(t, err, "%s of %s", v.name, from)
					require.False(t, r.Replayed)
					require.Equal(t, v.to, after.Status)
					continue
				default:
					var state *affiliates.StateError
					require.ErrorAs(t, err, &state, "%s of %s", v.name, from)
					require.Equal(t, affiliates.StateError{ID: id, From: before.Status, To: v.to, Converted: from == "converted"}, *state)
					require.Equal(t, before, after)
				}
				require.Equal(t, balance, available(t, env.DB, referrer.UUID))
			}
		}
	})
}

func TestConvertToCredits(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, customer := invited(t, env.DB)
		id := earned(t, env.DB, customer, "ORD-1")
		_, err := affiliates.Approve(ctx, env.DB, affiliates.ReviewParams{ID: id, UserUUID: referrer.UUID, At: noon})
		require.NoError(t, err)
		p := affiliates.ConvertToCreditsParams{
			ID: id, UserUUID: referrer.UUID, Rate: affiliates.Rate{Credits: 10, Amount: 3},
			ExpiresAt: noon.AddDate(1, 0, 0), At: noon,
		}
		r, err := affiliates.ConvertToCredits(ctx, env.DB, p)
		require.NoError(t, err)
		assert.Equal(t, int64(3333), r.Operation.Amount)
		assert.Equal(t, credits.TypeReferral, r.Operation.Type)
		assert.Equal(t, "ORD-1", r.Operation.Entries[0].OrderNo)
		assert.Equal(t, affiliates.StatusPaid, r.Commission.Status)
		assert.Equal(t, int64(3333), r.Commission.ConvertedCredits)
		assert.Equal(t, int64(1000), r.Commission.PaidAmount)
		assert.Equal(t, int64(3433), available(t, env.DB, referrer.UUID))

		p.At = noon.Add(time.Minute)
		again, err := affiliates.ConvertToCredits(ctx, env.DB, p)
		require.NoError(t, err)
		assert.True(t, again.Replayed)
		assert.Equal(t, r.Operation.Entries, again.Operation.Entries)
		p.Rate.Credits++
		_, err = affiliates.ConvertToCredits(ctx, env.DB, p)
		require.ErrorIs(t, err, credits.ErrKeyReused)
		p.UserUUID = customer.UUID
		_, err = affiliates.ConvertToCredits(ctx, env.DB, p)
		require.ErrorIs(t, err, affiliates.ErrNotFound)
		assert.Equal(t, int64(3433), available(t, env.DB, referrer.UUID))
	})
}

func TestConvertRefusesInACallersTransaction(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, customer := invited(t, env.DB)
		id := earned(t, env.DB, customer, "ORD-1")
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := affiliates.ConvertToCredits(ctx, tx, affiliates.ConvertToCreditsParams{ID: id})
			require.ErrorIs(t, err, affiliates.ErrState)
			_, err = affiliates.Approve(ctx, tx, affiliates.ReviewParams{ID: id, At: noon})
			require.NoError(t, err)
			for _, rate := range []affiliates.Rate{
				{Credits: 1, Amount: 1001}, {Credits: 1 << 53, Amount: 1}, {Credits: -1, Amount: 1}, {Credits: 1},
			} {
				_, err := affiliates.ConvertToCredits(ctx, tx, affiliates.ConvertToCreditsParams{ID: id, Rate: rate})
				require.ErrorIs(t, err, affiliates.ErrInvalid, "%v", rate)
			}
			// Another program wrote all that an account can hold.
			_, err = tx.NewRaw("UPDATE credits SET left_credits = left_credits + ? WHERE user_uuid = ?", int64(1)<<62, referrer.UUID).Exec(ctx)
			require.NoError(t, err)
			_, err = affiliates.ConvertToCredits(ctx, tx, affiliates.ConvertToCreditsParams{ID: id, At: noon})
			require.ErrorIs(t, err, credits.ErrLimit)
			_, err = tx.NewRaw("UPDATE credits SET left_credits = left_credits - ? WHERE user_uuid = ?", int64(1)<<62, referrer.UUID).Exec(ctx)
			require.NoError(t, err)
			_, err = affiliates.ConvertToCredits(ctx, tx, affiliates.ConvertToCreditsParams{ID: id, ExpiresAt: noon, At: noon})
			require.ErrorIs(t, err, affiliates.ErrInvalid)
			return nil
		}))
		c, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{ID: id})
		require.NoError(t, err)
		assert.Equal(t, affiliates.StatusApproved, c.Status)
		assert.Equal(t, int64(100), available(t, env.DB, referrer.UUID))
	})
}

// One of those who pay a commission out wins.
func TestPayoutsMeet(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, customer := invited(t, env.DB)
		for round := range 5 {
			id := earned(t, env.DB, customer, fmt.Sprint("ORD-", round))
			_, err := affiliates.Approve(ctx, env.DB, affiliates.ReviewParams{ID: id, At: noon})
			require.NoError(t, err)
			before := available(t, env.DB, referrer.UUID)
			errs := make([]error, 9)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() {
					switch i % 3 {
					case 0:
						_, errs[i] = affiliates.MarkPaid(ctx, env.DB, affiliates.ReviewParams{ID: id, At: noon})
					case 1:
						_, errs[i] = affiliates.ConvertToCredits(ctx, env.DB, affiliates.ConvertToCreditsParams{ID: id, At: noon})
					case 2:
						_, errs[i] = affiliates.Reject(ctx, env.DB, affiliates.ReviewParams{ID: id, At: noon})
					}
				})
			}
			all.Wait()
			c, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{ID: id})
			require.NoError(t, err)
			winner := 0
			switch {
			case c.Status == affiliates.StatusRejected:
				winner = 2
			case !c.ConvertedAt.IsZero():
				winner = 1
			}
			for i, err := range errs {
				if i%3 == winner {
					assert.NoError(t, err)
				} else {
					assert.ErrorIs(t, err, affiliates.ErrState)
				}
			}
			got := available(t, env.DB, referrer.UUID) - before
			assert.Equal(t, map[int]int64{1: 1000}[winner], got)
		}
	})
}

func TestReduce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, customer := invited(t, env.DB)
		id := earned(t, env.DB, customer, "ORD-1")
		for i, c := range []struct {
			remaining      int64
			final          bool
			left, reversed int64
			status         affiliates.Status
		}{
			{remaining: 5000, left: 1000, status: "pending"},
			{remaining: 4999, left: 999, reversed: 1, status: "pending"},
			{remaining: 0, left: 0, reversed: 1000, status: "pending"},
			{remaining: 2500, left: 500, reversed: 500, status: "pending"},
			{remaining: 0, final: true, left: 0, reversed: 1000, status: "rejected"},
			{remaining: 5000, left: 0, reversed: 1000, status: "rejected"},
		} {
			r, err := affiliates.Reduce(ctx, env.DB, affiliates.ReduceParams{
				OrderNo: "ORD-1", Remaining: c.remaining, Final: c.final, Key: fmt.Sprint("r", i), At: noon,
			})
			require.NoError(t, err)
			require.Len(t, r.Commissions, 1)
			stored, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{ID: id})
			require.NoError(t, err)
			assert.Equal(t, c.left, stored.CommissionAmount, "step %d", i)
			assert.Equal(t, c.reversed, stored.ReversedAmount, "step %d", i)
			assert.Equal(t, c.status, stored.Status, "step %d", i)
		}
		none, err := affiliates.Reduce(ctx, env.DB, affiliates.ReduceParams{OrderNo: "ORD-none", Key: "k"})
		require.NoError(t, err)
		assert.Empty(t, none.Commissions)

		for field, p := range map[string]affiliates.ReduceParams{
			"OrderNo": {Key: "k"}, "Key": {OrderNo: "o"}, "Remaining": {OrderNo: "o", Key: "k", Remaining: -1},
			"Policy": {OrderNo: "o", Key: "k", Policy: "mercy"},
		} {
			_, err := affiliates.Reduce(ctx, env.DB, p)
			var invalid *affiliates.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}
	})
}

// A planned reduction happens with what a transaction posts beside it, or not at all.
func TestPlanReduce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, customer := invited(t, env.DB)
		id := earned(t, env.DB, customer, "ORD-1")
		review := affiliates.ReviewParams{ID: id, At: noon}
		_, err := affiliates.Approve(ctx, env.DB, review)
		require.NoError(t, err)
		_, err = affiliates.ConvertToCredits(ctx, env.DB, affiliates.ConvertToCreditsParams{
			ID: id, Rate: affiliates.Rate{Credits: 1, Amount: 1}, At: noon,
		})
		require.NoError(t, err)
		before := available(t, env.DB, referrer.UUID)
		reduce := func(grantKey string) error {
			return env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				plan, err := affiliates.PlanReduce(ctx, tx, affiliates.ReduceParams{OrderNo: "ORD-1", Remaining: 2500, Key: "k", At: noon})
				require.NoError(t, err)
				require.Len(t, plan.Operations(), 1)
				own := credits.ClawBackParams{UserUUID: customer.UUID, GrantKey: grantKey, Total: 40, Key: "own", At: noon}
				batch := credits.PostParams{Ops: append([]credits.Op{own}, plan.Operations()...), AllOrNothing: true}
				_, err = credits.Post(ctx, tx, batch)
				require.ErrorIs(t, err, credits.ErrInvalid, "the key is the library's own")
				outcomes, err := credits.Post(plan.Allow(ctx), tx, batch)
				if err != nil {
					return err
				}
				reduced, err := plan.Finish(ctx, tx, []*credits.Operation{outcomes[1].Operation})
				require.NoError(t, err)
				require.Equal(t, int64(500), reduced.Commissions[0].CommissionAmount)
				require.Equal(t, outcomes[1].Operation, reduced.Referrer)
				require.Equal(t, []credits.Part{credits.PartClawBack, credits.PartCommission}, reduced.Done)
				return nil
			})
		}
		require.ErrorIs(t, reduce("no such grant"), credits.ErrNotFound)
		c, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{ID: id})
		require.NoError(t, err)
		require.Equal(t, int64(1000), c.CommissionAmount)
		require.Equal(t, before, available(t, env.DB, referrer.UUID))

		require.NoError(t, reduce(credits.NewUserKey))
		c, err = affiliates.Get(ctx, env.DB, affiliates.GetParams{ID: id})
		require.NoError(t, err)
		require.Equal(t, int64(500), c.CommissionAmount)
		require.Equal(t, before-500, available(t, env.DB, referrer.UUID))
		require.Equal(t, int64(60), available(t, env.DB, customer.UUID))
	})
}

// Rows of other programs: no status, no order, or one order twice.
func TestRowsOfOtherPrograms(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, _ := invited(t, env.DB)
		ids := map[string]int64{}
		for name, c := range map[string]affiliates.Commission{
			"no status": {CommissionAmount: 10},
			"twice 1":   {OrderUUID: "ORD-1", OrderAmount: 100, CommissionAmount: 10, Status: "approved"},
			"twice 2":   {OrderUUID: "ORD-1", OrderAmount: 100, CommissionAmount: 20, Status: "paid"},
		} {
			c.UserUUID = referrer.UUID
			c.CustomerEmail = name
			_, err := env.DB.NewInsert().Model(&c).ExcludeColumn("id").Exec(ctx)
			require.NoError(t, err)
			require.NoError(t, env.DB.NewSelect().Model(&c).Where("customer_email = ?", name).Scan(ctx))
			ids[name] = c.ID
		}
		_, err := affiliates.Approve(ctx, env.DB, affiliates.ReviewParams{ID: ids["no status"], At: noon})
		require.NoError(t, err)
		r, err := affiliates.ConvertToCredits(ctx, env.DB, affiliates.ConvertToCreditsParams{ID: ids["no status"], At: noon})
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint("commission-id:", ids["no status"]), r.Operation.Key)

		reduced, err := affiliates.Reduce(ctx, env.DB, affiliates.ReduceParams{OrderNo: "ORD-1", Remaining: 50, Key: "k", At: noon})
		require.NoError(t, err)
		require.Len(t, reduced.Commissions, 2)
		summary, err := affiliates.GetSummary(ctx, env.DB, affiliates.GetSummaryParams{UserUUID: referrer.UUID})
		require.NoError(t, err)
		assert.Equal(t, []affiliates.Earnings{{
			Approved: 5, Paid: 10 + 10, Converted: 10, ConvertedCredits: 10, Commissions: 3,
		}}, summary.Earnings)
	})
}

func TestSummary(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, customer := invited(t, env.DB)
		steps := []func(id int64) error{
			func(int64) error { return nil },
			func(id int64) error {
				_, err := affiliates.Approve(ctx, env.DB, affiliates.ReviewParams{ID: id})
				return err
			},
			func(id int64) error {
				_, err := affiliates.MarkPaid(ctx, env.DB, affiliates.ReviewParams{ID: id})
				return err
			},
		}
		for i := range 4 {
			id := earned(t, env.DB, customer, fmt.Sprint("ORD-", i))
			for _, step := range steps[:min(i+1, 3)] {
				require.NoError(t, step(id))
			}
		}
		_, err := affiliates.Record(ctx, env.DB, affiliates.RecordParams{
			OrderNo: "ORD-E", CustomerUUID: customer.UUID, Amount: 1000, Currency: "EUR",
		})
		require.NoError(t, err)
		s, err := affiliates.GetSummary(ctx, env.DB, affiliates.GetSummaryParams{UserUUID: referrer.UUID, BaseURL: "https://example.com/"})
		require.NoError(t, err)
		assert.Equal(t, affiliates.Summary{
			UserUUID: referrer.UUID, InviteCode: referrer.InviteCode,
			Link: "https://example.com/i/" + referrer.InviteCode, InvitedUsers: 1,
			Earnings: []affiliates.Earnings{
				{Currency: "EUR", Pending: 50, Commissions: 1},
				{Currency: "USD", Pending: 1000, Approved: 1000, Paid: 2000, Commissions: 4},
			},
		}, *s)
		none, err := affiliates.GetSummary(ctx, env.DB, affiliates.GetSummaryParams{UserUUID: customer.UUID})
		require.NoError(t, err)
		assert.Equal(t, "/i/"+customer.InviteCode, none.Link)
		assert.Empty(t, none.Earnings)
		_, err = affiliates.GetSummary(ctx, env.DB, affiliates.GetSummaryParams{UserUUID: uuid.NewString()})
		require.ErrorIs(t, err, users.ErrNotFound)
		for field, p := range map[string]affiliates.GetSummaryParams{
			"UserUUID": {}, "BaseURL": {UserUUID: referrer.UUID, BaseURL: "javascript:alert(1)"},
		} {
			_, err := affiliates.GetSummary(ctx, env.DB, p)
			var invalid *affiliates.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}

		_, err = users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: customer.UUID})
		require.NoError(t, err)
		s, err = affiliates.GetSummary(ctx, env.DB, affiliates.GetSummaryParams{UserUUID: referrer.UUID})
		require.NoError(t, err)
		referrals, err := users.Referrals(ctx, env.DB, users.ReferralsParams{UserUUID: referrer.UUID})
		require.NoError(t, err)
		assert.Empty(t, referrals.Items)
		assert.Zero(t, s.InvitedUsers, "as many as Referrals lists")
	})
}

func TestLists(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		ada, grace := uuid.NewString(), uuid.NewString()
		for i := range 12 {
			_, err := env.DB.NewInsert().Model(&affiliates.Commission{
				UserUUID: []string{ada, grace}[i%2], OrderUUID: fmt.Sprint(i),
				Status: []affiliates.Status{"pending", "approved", "paid"}[i%3], CreatedAt: noon.Add(time.Duration(i/5) * time.Hour),
			}).ExcludeColumn("id").Exec(ctx)
			require.NoError(t, err)
		}
		for _, c := range []struct {
			user   string
			status affiliates.Status
			want   string
		}{
			{"", "", "11 10 9 8 7 6 5 4 3 2 1 0"},
			{"", "pending", "9 6 3 0"},
			{"", "rejected", ""},
			{ada, "", "10 8 6 4 2 0"},
			{grace, "paid", "11 5"},
		} {
			for limit := 1; limit < 14; limit += 2 {
				var got []string
				for cursor := ""; ; {
					var page *list.Page[affiliates.Commission]
					var err error
					if c.user == "" {
						page, err = affiliates.ListAll(ctx, env.DB, affiliates.ListAllParams{Status: c.status, Cursor: cursor, Limit: limit})
					} else {
						page, err = affiliates.List(ctx, env.DB, affiliates.ListParams{UserUUID: c.user, Status: c.status, Cursor: cursor, Limit: limit})
					}
					require.NoError(t, err)
					for _, one := range page.Items {
						got = append(got, one.OrderUUID)
					}
					if cursor = page.Next; cursor == "" {
						break
					}
				}
				require.Equal(t, c.want, strings.Join(got, " "), "%+v, pages of %d", c, limit)
			}
		}
		page, err := affiliates.ListAll(ctx, env.DB, affiliates.ListAllParams{Limit: 1})
		require.NoError(t, err)
		for field, p := range map[string]affiliates.ListParams{
			"UserUUID": {}, "Status": {UserUUID: ada, Status: "lost"}, "Limit": {UserUUID: ada, Limit: list.MaxLimit + 1},
			"Cursor": {UserUUID: ada, Cursor: page.Next},
		} {
			_, err := affiliates.List(ctx, env.DB, p)
			var invalid *affiliates.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}
	})
}

func TestReviewRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, customer := invited(t, env.DB)
		id := earned(t, env.DB, customer, "ORD-1")
		changedMind := errors.New("cancelled by the caller")
		require.ErrorIs(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := affiliates.Approve(ctx, tx, affiliates.ReviewParams{ID: id + 1000})
			require.ErrorIs(t, err, affiliates.ErrNotFound)
			_, err = affiliates.Approve(ctx, tx, affiliates.ReviewParams{ID: id, UserUUID: customer.UUID})
			require.ErrorIs(t, err, affiliates.ErrNotFound)
			for field, p := range map[string]affiliates.ReviewParams{
				"ID": {}, "UserUUID": {ID: id, UserUUID: "x"}, "At": {ID: id, At: noon.AddDate(9000, 0, 0)},
			} {
				_, err := affiliates.Approve(ctx, tx, p)
				var invalid *affiliates.InvalidError
				require.ErrorAs(t, err, &invalid, field)
				require.Equal(t, field, invalid.Field)
			}
			_, err = affiliates.Approve(ctx, tx, affiliates.ReviewParams{ID: id, UserUUID: referrer.UUID})
			require.NoError(t, err)
			return changedMind
		}), changedMind)
		for _, p := range []affiliates.GetParams{{}, {ID: 1, OrderNo: "o"}, {ID: -1}} {
			_, err := affiliates.Get(ctx, env.DB, p)
			require.ErrorIs(t, err, affiliates.ErrInvalid)
		}
		_, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{OrderNo: "ORD-1", UserUUID: customer.UUID})
		require.ErrorIs(t, err, affiliates.ErrNotFound)
		c, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{OrderNo: "ORD-1", UserUUID: referrer.UUID})
		require.NoError(t, err)
		assert.Equal(t, affiliates.StatusPending, c.Status)
	})
}
