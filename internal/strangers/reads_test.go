package strangers_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// reading is a verb that reads, with its parameters.
type reading struct {
	name string
	do   func(ctx context.Context, db bun.IDB) error
}

func read[P, R any](name string, verb func(ctx context.Context, db bun.IDB, p P) (R, error), p P) reading {
	return reading{name, func(ctx context.Context, db bun.IDB) error {
		_, err := verb(ctx, db, p)
		return err
	}}
}

// readings are all verbs of the domains that only read, of a user who has
// something in each.
func readings(user, postID string, keyID, commissionID int64) []reading {
	return []reading{
		read("users.Get", users.Get, users.GetParams{UserUUID: user}),
		read("users.GetWithCredits", users.GetWithCredits, users.GetWithCreditsParams{UserUUID: user}),
		read("users.List", users.List, users.ListParams{}),
		read("users.List of the deleted", users.List, users.ListParams{Deleted: true}),
		read("users.Search", users.Search, users.SearchParams{Query: "u"}),
		read("users.Count", users.Count, users.CountParams{}),
		read("users.SignUpsPerDay", users.SignUpsPerDay, users.SignUpsPerDayParams{}),
		read("users.Referrals", users.Referrals, users.ReferralsParams{UserUUID: other(user)}),
		read("users.ListIdentities", users.ListIdentities, users.ListIdentitiesParams{UserUUID: user}),
		read("orders.Get", orders.Get, orders.GetParams{OrderNo: of(user, "paid")}),
		read("orders.Get by payment", orders.Get, orders.GetParams{PayRef: of(user, "paid")}),
		read("orders.Get by subscription", orders.Get, orders.GetParams{SubID: of(user, "sub")}),
		read("orders.List", orders.List, orders.ListParams{UserUUID: user}),
		read("orders.ListAll", orders.ListAll, orders.ListAllParams{}),
		read("orders.ListPayments", orders.ListPayments, orders.ListPaymentsParams{}),
		read("orders.Revenue", orders.Revenue, orders.RevenueParams{Currency: "usd"}),
		read("orders.GetSubscription", orders.GetSubscription,
			orders.GetSubscriptionParams{Provider: orders.PayTypeStripe, SubID: of(user, "sub")}),
		read("orders.ListSubscriptions", orders.ListSubscriptions, orders.ListSubscriptionsParams{UserUUID: user, Running: true}),
		read("affiliates.Get", affiliates.Get, affiliates.GetParams{ID: commissionID}),
		read("affiliates.Get by order", affiliates.Get, affiliates.GetParams{OrderNo: of(user, "approved")}),
		read("affiliates.List", affiliates.List, affiliates.ListParams{UserUUID: other(user)}),
		read("affiliates.ListAll", affiliates.ListAll, affiliates.ListAllParams{}),
		read("affiliates.GetSummary", affiliates.GetSummary, affiliates.GetSummaryParams{UserUUID: other(user)}),
		read("generations.Get", generations.Get, generations.GetParams{GenID: of(user, "g"), UserUUID: user}),
		read("generations.List", generations.List, generations.ListParams{UserUUID: user}),
		read("generations.CountByStatus", generations.CountByStatus, generations.CountParams{}),
		read("apikeys.Get", apikeys.Get, apikeys.GetParams{ID: keyID}),
		read("apikeys.Inspect", apikeys.Inspect, apikeys.InspectParams{Key: apikeys.NewSecret(legacy(user))}),
		read("apikeys.List", apikeys.List, apikeys.ListParams{UserUUID: user}),
		read("content.GetPost", content.GetPost, content.GetPostParams{UUID: postID}),
		read("content.GetBySlug", content.GetBySlug, content.GetBySlugParams{Slug: slug(user, "a"), Locale: "en"}),
		read("content.ListPublished", content.ListPublished, content.ListPublishedParams{Locale: "en"}),
		read("content.ListAll", content.ListAll, content.ListAllParams{}),
		read("content.ListFeedback", content.ListFeedback, content.ListFeedbackParams{UserUUID: user}),
		read("content.FeedbackStats", content.FeedbackStats, content.FeedbackStatsParams{}),
		read("providers.Find", providers.Find, providers.FindParams{Provider: provider(user, "")}),
		read("providers.Get", providers.Get, providers.GetParams{Provider: provider(user, ""), AEAD: mask{}}),
		read("providers.List", providers.List, providers.ListParams{}),
	}
}

// tables are those of the domains.
func tables() []string {
	return []string{
		"users", "user_identities", "orders", "payments", "subscriptions", "affiliates", "generations", "apikeys", "posts",
		"feedbacks", "ai_provider_keys", "credits",
	}
}

// TestReadsLockNothing: what a caller's open transaction has read, anybody may
// change meanwhile, at every isolation level that does not promise otherwise; and
// reads work in a transaction that is READ ONLY.
func TestReadsLockNothing(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		db := env.Open(t, chameleon.WithLockTimeout(2*time.Second))
		const user = "5a5a5a5a-0000-4000-8000-000000000001"
		found(ctx, t, db, user)
		all := readingsOf(ctx, t, db, user)
		for _, level := range []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead} {
			for _, readOnly := range []bool{false, true} {
				if readOnly && !dialect.Of(db).ReadOnlyTransactions() || !readOnly && !dialect.Of(db).LocksRows() {
					continue // SQLite's only writer is a transaction that may write
				}
				tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: level, ReadOnly: readOnly})
				require.NoError(t, err)
				for _, r := range all {
					require.NoError(t, r.do(ctx, tx), "%s at %s, read only: %v", r.name, level, readOnly)
				}
				for _, table := range tables() {
					_, err := db.ExecContext(ctx, "UPDATE "+table+" SET id = id")
					require.NoError(t, err, "%s at %s, read only: %v", table, level, readOnly)
				}
				require.NoError(t, tx.Rollback())
			}
		}
	})
}

func readingsOf(ctx context.Context, t *testing.T, db *bun.DB, user string) []reading {
	t.Helper()
	posts, err := content.ListAll(ctx, db, content.ListAllParams{})
	require.NoError(t, err)
	for i := range posts.Items {
		_, err := content.Publish(ctx, db, content.PublishParams{UUID: posts.Items[i].UUID})
		require.NoError(t, err)
	}
	key, err := keyNamed(ctx, db, user, "a")
	require.NoError(t, err)
	commission, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: of(user, "approved")})
	require.NoError(t, err)
	return readings(user, posts.Items[0].UUID, key, commission.ID)
}
