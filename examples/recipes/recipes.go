// Package recipes contains the code of docs/recipes.md.
package recipes

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
)

// FreeTier grants the month's free credits, once a month however often it is called.
// What is left of them ends with the month.
func FreeTier(ctx context.Context, db bun.IDB, user string, at time.Time) error {
	month := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	_, err := credits.Grant(ctx, db, credits.GrantParams{
		UserUUID: user, Amount: 50, Type: "free", Key: "free:" + month.Format("2006-01"),
		ExpiresAt: month.AddDate(0, 1, 0), At: at,
	})
	return err
}

// Trial grants credits for a week, once in an account's life.
func Trial(ctx context.Context, db bun.IDB, user string, at time.Time) error {
	_, err := credits.Grant(ctx, db, credits.GrantParams{
		UserUUID: user, Amount: 300, Type: "trial", Key: "trial", ExpiresAt: at.AddDate(0, 0, 7), At: at,
	})
	return err
}

// YearlyPlan orders a year of which each month has credits of its own. The payment grants
// the first month's; orders.PayOut, which maintain.Run calls, grants the others when they
// are due.
func YearlyPlan(ctx context.Context, db bun.IDB, user string, at time.Time) (*orders.Order, error) {
	created, err := orders.Create(ctx, db, orders.CreateParams{
		UserUUID: user, ProductID: "pro-year", Amount: 19900, Currency: "USD", PayType: orders.PayTypeStripe,
		Interval: orders.IntervalYear, Credits: 3000, Monthly: true, At: at,
	})
	if err != nil {
		return nil, err
	}
	return created.Order, nil
}

// ChargeTeam takes credits of an account that a team shares, and keeps who spent them.
func ChargeTeam(ctx context.Context, db bun.IDB, team, member, job string, amount int64) (*credits.Operation, error) {
	return credits.Charge(ctx, db, credits.ChargeParams{
		UserUUID: "team:" + team, Amount: amount, Key: "job:" + job, Metadata: map[string]any{"member": member},
	})
}

// ChargeAndTopUp charges, and says whether this charge took the account below a mark: of
// all charges one does, and that one buys more.
func ChargeAndTopUp(ctx context.Context, db bun.IDB, user, job string, amount, mark int64) (buy bool, err error) {
	op, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: amount, Key: "job:" + job})
	if err != nil {
		return false, err
	}
	return !op.Replayed && op.Available < mark && op.Available+op.Amount >= mark, nil
}

// RedeemCode grants what a code is worth, once for each account.
func RedeemCode(ctx context.Context, db bun.IDB, user, code string, worth int64, until time.Time) (*credits.Operation, error) {
	return credits.Grant(ctx, db, credits.GrantParams{
		UserUUID: user, Amount: worth, Type: "promo", Key: "promo:" + code, ExpiresAt: until,
	})
}

// OwnPrices are this product's own, in credits.
func OwnPrices() generations.PriceList {
	return generations.PriceList{
		{AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Credits: 8},
		{AIType: generations.TypeVideo, Provider: "kling", Model: "kling-v1-6", Credits: 40},
	}
}

// ChargeByModel charges for a generation at the product's own price.
func ChargeByModel(ctx context.Context, db bun.IDB, user string, kind generations.AIType, provider, model, prompt, key string) (*generations.Result, error) {
	return generations.ChargeGeneration(ctx, db, generations.ChargeParams{
		UserUUID: user, AIType: kind, Provider: provider, Model: model, Prompt: prompt, Key: key, Prices: OwnPrices(),
	})
}

// RefundOrder records that an order's money was given back, in all so much of it. Credits
// that were spent already are forgiven; with credits.PolicyDebt they are owed.
func RefundOrder(ctx context.Context, db bun.IDB, orderNo string, total int64) (*orders.Result, error) {
	return orders.Refund(ctx, db, orders.RefundParams{OrderNo: orderNo, Total: total, Policy: credits.PolicyForgive})
}

// GoodwillRefund gives half of a charge back, to the grants that it came from.
func GoodwillRefund(ctx context.Context, db bun.IDB, user, job string, amount int64) (*credits.Operation, error) {
	return credits.Refund(ctx, db, credits.RefundParams{
		UserUUID: user, ChargeKey: "job:" + job, Amount: (amount + 1) / 2, Key: "goodwill:" + job,
	})
}
