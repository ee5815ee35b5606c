package chameleon_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// TestNotFound: in every package, what is not there is a *dialect.NotFoundError
// that names what was looked for and by what, and matches the package's sentinel
// as well as dialect's.
func TestNotFound(t *testing.T) {
	id := uuid.NewString()
	type missing struct {
		sentinel           error
		what, field, value string
		find               func(ctx context.Context, db bun.IDB) (any, error)
	}
	all := []missing{
		{users.ErrNotFound, "user", "UserUUID", id, func(ctx context.Context, db bun.IDB) (any, error) {
			return users.Get(ctx, db, users.GetParams{UserUUID: id})
		}},
		{users.ErrNotFound, "user", "Email", "", func(ctx context.Context, db bun.IDB) (any, error) {
			return users.Get(ctx, db, users.GetParams{Email: "nobody@example.com"})
		}},
		{users.ErrNotFound, "user", "UserUUID", id, func(ctx context.Context, db bun.IDB) (any, error) {
			return users.Update(ctx, db, users.UpdateParams{UserUUID: id, Nickname: new("Ada")})
		}},
		{users.ErrNotFound, "user", "InviteCode", "nobody1", func(ctx context.Context, db bun.IDB) (any, error) {
			return users.Create(ctx, db, users.CreateParams{Email: "a@example.com", InviteCode: "nobody1"})
		}},
		{credits.ErrNotFound, "hold", "HoldKey", "h1", func(ctx context.Context, db bun.IDB) (any, error) {
			return credits.GetHold(ctx, db, credits.GetHoldParams{UserUUID: id, HoldKey: "h1"})
		}},
		{credits.ErrNotFound, "charge", "ChargeKey", "c1", func(ctx context.Context, db bun.IDB) (any, error) {
			return credits.Refund(ctx, db, credits.RefundParams{UserUUID: id, ChargeKey: "c1"})
		}},
		{orders.ErrNotFound, "order", "OrderNo", "ORD-1", func(ctx context.Context, db bun.IDB) (any, error) {
			return orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1"})
		}},
		{orders.ErrNotFound, "order", "PayRef", "pi_1", func(ctx context.Context, db bun.IDB) (any, error) {
			return orders.Get(ctx, db, orders.GetParams{PayRef: "pi_1"})
		}},
		{orders.ErrNotFound, "subscription", "SubID", "sub_1", func(ctx context.Context, db bun.IDB) (any, error) {
			return orders.GetSubscription(ctx, db, orders.GetSubscriptionParams{SubID: "sub_1"})
		}},
		{users.ErrNotFound, "user", "UserUUID", id, func(ctx context.Context, db bun.IDB) (any, error) {
			return orders.Create(ctx, db, orders.CreateParams{
				UserUUID: id, ProductID: "p", ProductName: "P", Amount: 100, Currency: "USD", Credits: 10,
				PayType: orders.PayTypeStripe,
			})
		}},
		{affiliates.ErrNotFound, "commission", "ID", "7", func(ctx context.Context, db bun.IDB) (any, error) {
			return affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: 7})
		}},
		{generations.ErrNotFound, "generation", "GenID", "gen_1", func(ctx context.Context, db bun.IDB) (any, error) {
			return generations.Get(ctx, db, generations.GetParams{GenID: "gen_1", UserUUID: id})
		}},
		{apikeys.ErrNotFound, "API key", "ID", "7", func(ctx context.Context, db bun.IDB) (any, error) {
			return apikeys.Rename(ctx, db, apikeys.RenameParams{ID: 7, UserUUID: id, Name: "new"})
		}},
		{apikeys.ErrNotFound, "API key", "Key", "", func(ctx context.Context, db bun.IDB) (any, error) {
			return apikeys.Revoke(ctx, db, apikeys.RevokeParams{Key: apikeys.NewSecret("sk_nobody")})
		}},
		{content.ErrNotFound, "post", "Slug", "colours", func(ctx context.Context, db bun.IDB) (any, error) {
			return content.GetBySlug(ctx, db, content.GetBySlugParams{Slug: "colours", Locale: "en"})
		}},
		{content.ErrNotFound, "feedback", "ID", "7", func(ctx context.Context, db bun.IDB) (any, error) {
			return nil, content.DeleteFeedback(ctx, db, content.DeleteFeedbackParams{ID: 7})
		}},
		{providers.ErrNotFound, "AI provider", "Provider", "kling", func(ctx context.Context, db bun.IDB) (any, error) {
			return providers.Find(ctx, db, providers.FindParams{Provider: "kling"})
		}},
	}
	sentinels := []error{
		users.ErrNotFound, credits.ErrNotFound, orders.ErrNotFound, affiliates.ErrNotFound,
		generations.ErrNotFound, apikeys.ErrNotFound, content.ErrNotFound, providers.ErrNotFound,
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, m := range all {
			_, err := m.find(t.Context(), env.DB)
			var got *dialect.NotFoundError
			require.ErrorAs(t, err, &got, "%s by %s", m.what, m.field)
			require.Equal(t, [3]string{m.what, m.field, m.value}, [3]string{got.What, got.Field, got.Value})
			require.ErrorIs(t, err, dialect.ErrNotFound)
			require.ErrorIs(t, err, m.sentinel)
			for _, other := range sentinels {
				require.Equal(t, errors.Is(other, m.sentinel), errors.Is(err, other), "%v, %v", err, other)
			}
		}
	})
}
