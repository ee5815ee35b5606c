package client

import (
	"context"
	"errors"
	"time"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/internal/torture/history"
	"github.com/chameleon-go/chameleon/orders"
)

// firstPeriod is when every subscription's first period starts; the following
// ones are months.
func firstPeriod() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

var errNoCommission = errors.New("the order earned no commission")

// shop makes the calls about orders and their commissions.
func (w *worker) shop(ctx context.Context, op history.Op, at time.Time) history.Answer {
	switch op.Verb {
	case history.Order, history.Subscribe:
		p := orders.CreateParams{
			OrderNo: op.Key, UserUUID: op.User, ProductID: "torture", Amount: op.Price, Currency: "USD",
			PayType: orders.PayTypeStripe, Credits: op.Amount, At: at,
		}
		if op.Verb == history.Subscribe {
			p.Interval, p.SubID = orders.IntervalMonth, op.Target
		}
		return bought(orders.Create(ctx, w.db, p))
	case history.Pay:
		p := orders.MarkPaidParams{OrderNo: op.Key, PayRef: "pay-" + op.Key, At: at}
		if op.Target != "" {
			p.SubID, p.PeriodStart = op.Target, firstPeriod()
			p.PeriodEnd = firstPeriod().AddDate(2, 0, 0)
		}
		return bought(orders.MarkPaid(ctx, w.db, p))
	case history.OrderRefund:
		return bought(orders.Refund(ctx, w.db, orders.RefundParams{OrderNo: op.Key, Total: op.Price, At: at}))
	case history.Dispute, history.Win, history.Lose:
		return bought(orders.Dispute(ctx, w.db, orders.DisputeParams{
			OrderNo: op.Key, Ref: "dp-" + op.Key, Amount: op.Price, Outcome: outcomeOf(op.Verb), At: at,
		}))
	case history.Renew:
		start := firstPeriod().AddDate(2+op.Period, 0, 0)
		return bought(orders.Renew(ctx, w.db, orders.RenewParams{
			SubID: op.Target, PeriodStart: start, PeriodEnd: start.AddDate(1, 0, 0), PayRef: "pay-" + op.ID,
			CarryOver: op.Amount, At: at,
		}))
	default:
		return w.commission(ctx, op, at)
	}
}

func outcomeOf(verb history.Verb) orders.DisputeOutcome {
	switch verb {
	case history.Win:
		return orders.DisputeWon
	case history.Lose:
		return orders.DisputeLost
	default:
		return orders.DisputeOpen
	}
}

func bought(result *orders.Result, err error) history.Answer {
	if err != nil {
		return failed(err)
	}
	return history.Answer{
		Class: history.OK, Replayed: result.Replayed, Ref: result.Order.OrderNo, Told: told(result.Operation),
		Mended: mended(result.Mended),
	}
}

// commission approves what an order earned, or turns it into credits.
func (w *worker) commission(ctx context.Context, op history.Op, at time.Time) history.Answer {
	found, err := affiliates.Get(ctx, w.db, affiliates.GetParams{OrderNo: op.Key})
	if err != nil {
		return failed(err)
	}
	var result *affiliates.Result
	if op.Verb == history.Approve {
		result, err = affiliates.Approve(ctx, w.db, affiliates.ReviewParams{ID: found.ID, At: at})
	} else {
		result, err = affiliates.ConvertToCredits(ctx, w.db, affiliates.ConvertToCreditsParams{ID: found.ID, At: at})
	}
	if err != nil {
		return failed(err)
	}
	return history.Answer{Class: history.OK, Replayed: result.Replayed, Told: told(result.Operation)}
}
