package chameleon_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

var affiliateRules = []rule{
	{name: "a_paid_order_earns_its_referrer_commission", holds: func(t *testing.T, env *enginetest.Env) {
		referrer, buyer := invite(t, env.DB)
		no := buy(t, env.DB, orders.CreateParams{UserUUID: buyer})
		_, err := affiliates.Get(t.Context(), env.DB, affiliates.GetParams{OrderNo: no})
		require.ErrorIs(t, err, affiliates.ErrNotFound, "not before it is paid")
		pay(t, env.DB, no, lastDay)
		c := ok(affiliates.Get(t.Context(), env.DB, affiliates.GetParams{OrderNo: no}))(t)
		assert.Equal(t, referrer, c.UserUUID)
		assert.Equal(t, no, c.OrderUUID)
		assert.Equal(t, int64(1999), c.OrderAmount)
		assert.Equal(t, ok(users.Get(t.Context(), env.DB, users.GetParams{UserUUID: buyer}))(t).Email, c.CustomerEmail)
		alone := pay(t, env.DB, buy(t, env.DB, orders.CreateParams{}), lastDay)
		assert.Nil(t, alone.Commission, "nobody invited this buyer")
	}},
	{name: "5_to_30_percent_by_order_value_rounded_down", holds: func(t *testing.T, env *enginetest.Env) {
		_, buyer := invite(t, env.DB)
		together(t, env.DB, func(tx bun.Tx) {
			for _, tier := range []struct{ amount, percent, commission int64 }{
				{1999, 5, 99}, {2000, 10, 200}, {5000, 15, 750}, {10_000, 20, 2000}, {20_000, 25, 5000}, {50_001, 30, 15_000},
			} {
				c := pay(t, tx, buy(t, tx, orders.CreateParams{UserUUID: buyer, Amount: tier.amount, Currency: "USD"}), lastDay).Commission
				assert.Equal(t, tier.percent, c.CommissionRate, tier.amount)
				assert.Equal(t, tier.commission, c.CommissionAmount, tier.amount)
			}
		})
	}},
	{name: "tiers_are_configuration", holds: func(t *testing.T, env *enginetest.Env) {
		_, buyer := invite(t, env.DB)
		for want, tiers := range map[int64]affiliates.Tiers{7: {{From: 0, Percent: 7}}, 0: {}} {
			no := buy(t, env.DB, orders.CreateParams{UserUUID: buyer, Amount: 100, Currency: "USD"})
			r := ok(orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: no, Tiers: tiers, At: lastDay}))(t)
			if want == 0 {
				assert.Nil(t, r.Commission)
			} else {
				assert.Equal(t, want, r.Commission.CommissionAmount)
			}
		}
	}},
	{name: "self_dealing_earns_nothing", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID // who made themselves their own referrer, around this module
		ok(env.DB.NewUpdate().Model((*users.User)(nil)).Set("invited_by = ?", u).Where("uuid = ?", u).Exec(t.Context()))(t)
		assert.Nil(t, pay(t, env.DB, buy(t, env.DB, orders.CreateParams{UserUUID: u}), lastDay).Commission)
	}},
	{name: "status_goes_these_ways_only", holds: func(t *testing.T, env *enginetest.Env) {
		_, buyer := invite(t, env.DB)
		all := []affiliates.Status{"pending", "approved", "paid", "rejected"}
		allowed := map[[2]affiliates.Status]bool{
			{"pending", "approved"}: true, {"approved", "paid"}: true, {"pending", "rejected"}: true, {"approved", "rejected"}: true,
		}
		together(t, env.DB, func(tx bun.Tx) {
			for _, from := range all {
				for _, to := range all[1:] {
					id := earn(t, tx, buyer, from)
					r, err := review(t, tx, id, to)
					switch {
					case from == to:
						require.NoError(t, err)
						assert.True(t, r.Replayed)
					case allowed[[2]affiliates.Status{from, to}]:
						require.NoError(t, err, "%s to %s", from, to)
						assert.Equal(t, to, r.Commission.Status)
					default:
						var state *affiliates.StateError
						require.ErrorAs(t, err, &state, "%s to %s", from, to)
						assert.Equal(t, affiliates.StateError{ID: id, From: from, To: to}, *state)
					}
				}
			}
		})
	}},
	{name: "approved_commission_becomes_credits_once", holds: func(t *testing.T, env *enginetest.Env) {
		referrer, buyer := invite(t, env.DB)
		convert := func(id int64) (*affiliates.Result, error) {
			return affiliates.ConvertToCredits(t.Context(), env.DB, affiliates.ConvertToCreditsParams{ID: id, At: lastDay})
		}
		_, err := convert(earn(t, env.DB, buyer, "pending"))
		require.ErrorIs(t, err, affiliates.ErrState)
		id := earn(t, env.DB, buyer, "approved")
		for i := range 2 {
			r := ok(convert(id))(t)
			assert.Equal(t, i == 1, r.Replayed)
			assert.Equal(t, affiliates.StatusPaid, r.Commission.Status)
			assert.Equal(t, credits.TypeReferral, r.Operation.Type)
			assert.Equal(t, int64(100+99), balance(t, env.DB, referrer, lastDay).Available, "one credit a cent")
		}
		_, err = review(t, env.DB, id, "paid")
		require.ErrorIs(t, err, affiliates.ErrState, "nor in money afterwards")
	}},
	{name: "the_rate_is_documented_and_can_be_set", holds: func(t *testing.T, env *enginetest.Env) {
		_, buyer := invite(t, env.DB)
		assert.Equal(t, affiliates.Rate{Credits: 1, Amount: 1}, affiliates.DefaultRate())
		r := ok(affiliates.ConvertToCredits(t.Context(), env.DB, affiliates.ConvertToCreditsParams{
			ID: earn(t, env.DB, buyer, "approved"), Rate: affiliates.Rate{Credits: 12, Amount: 100}, At: lastDay,
		}))(t)
		assert.Equal(t, int64(11), r.Operation.Amount, "0.99 at 12 credits a dollar is 11.88")
	}},
	{name: "a_user_sees_code_link_invited_and_earnings", holds: func(t *testing.T, env *enginetest.Env) {
		referrer, buyer := invite(t, env.DB)
		u := ok(users.Get(t.Context(), env.DB, users.GetParams{UserUUID: referrer}))(t)
		signUp(t, env.DB, users.CreateParams{InviteCode: u.InviteCode})
		for _, status := range []affiliates.Status{"pending", "approved", "approved", "paid", "rejected"} {
			earn(t, env.DB, buyer, status)
		}
		s := ok(affiliates.GetSummary(t.Context(), env.DB, affiliates.GetSummaryParams{UserUUID: referrer, BaseURL: "https://example.com"}))(t)
		assert.Equal(t, &affiliates.Summary{
			UserUUID: referrer, InviteCode: u.InviteCode, Link: "https://example.com/i/" + u.InviteCode, InvitedUsers: 2,
			Earnings: []affiliates.Earnings{{Currency: "USD", Pending: 99, Approved: 198, Rejected: 99, Paid: 99, Commissions: 5}},
		}, s)
	}},
}

// earn has a buyer's order earn 0.99 dollars, in a status.
func earn(t *testing.T, db bun.IDB, buyer string, status affiliates.Status) int64 {
	t.Helper()
	id := pay(t, db, buy(t, db, orders.CreateParams{UserUUID: buyer}), lastDay).Commission.ID
	if status == affiliates.StatusPaid {
		ok(review(t, db, id, affiliates.StatusApproved))(t)
	}
	if status != affiliates.StatusPending {
		ok(review(t, db, id, status))(t)
	}
	return id
}

// review calls the verb that sends a commission to a status.
func review(t *testing.T, db bun.IDB, id int64, to affiliates.Status) (*affiliates.Result, error) {
	t.Helper()
	p := affiliates.ReviewParams{ID: id, At: lastDay}
	switch to {
	case affiliates.StatusApproved:
		return affiliates.Approve(t.Context(), db, p)
	case affiliates.StatusPaid:
		return affiliates.MarkPaid(t.Context(), db, p)
	default:
		return affiliates.Reject(t.Context(), db, p)
	}
}
