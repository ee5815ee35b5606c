package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	stripego "github.com/stripe/stripe-go/v85"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// subscription is what is read of a subscription: stripe-go's shape, and what
// API versions before 2025-03-31 put at its top instead of on its items.
type subscription struct {
	stripego.Subscription
	legacy struct {
		PeriodStart int64 `json:"current_period_start"`
		PeriodEnd   int64 `json:"current_period_end"`
		Quantity    int64 `json:"quantity"`
		Plan        *struct {
			ID string `json:"id"`
		} `json:"plan"`
	}
}

func readSubscription(e *stripego.Event) (*subscription, error) {
	s := new(subscription)
	for _, into := range []any{&s.Subscription, &s.legacy} {
		if err := json.Unmarshal(e.Data.Raw, into); err != nil {
			return nil, fmt.Errorf("%w: %w", webhook.ErrPayload, err)
		}
	}
	return s, nil
}

// status is Stripe's in our words. Invoices of a paused collection are voided,
// so that nothing is billed.
func (s *subscription) status() (orders.SubscriptionStatus, bool) {
	switch s.Status {
	case stripego.SubscriptionStatusIncomplete:
		return orders.SubIncomplete, true
	case stripego.SubscriptionStatusIncompleteExpired:
		return orders.SubEnded, true
	case stripego.SubscriptionStatusCanceled:
		return orders.SubCancelled, true
	}
	if s.PauseCollection != nil && s.PauseCollection.Behavior == stripego.SubscriptionPauseCollectionBehaviorVoid {
		return orders.SubPaused, true
	}
	switch s.Status {
	case stripego.SubscriptionStatusTrialing:
		return orders.SubTrialing, true
	case stripego.SubscriptionStatusActive:
		return orders.SubActive, true
	case stripego.SubscriptionStatusPastDue, stripego.SubscriptionStatusUnpaid:
		return orders.SubPastDue, true
	case stripego.SubscriptionStatusPaused:
		return orders.SubPaused, true
	}
	return "", false
}

// item is the one whose price stands for the subscription: that which costs
// most, so that an add-on is not taken for the plan.
func (s *subscription) item() *stripego.SubscriptionItem {
	var best *stripego.SubscriptionItem
	var most int64 = -1
	if s.Items == nil {
		return nil
	}
	for _, item := range s.Items.Data {
		if item == nil {
			continue
		}
		var cost int64
		if item.Price != nil {
			cost = item.Price.UnitAmount * max(item.Quantity, 1)
		}
		if cost > most {
			best, most = item, cost
		}
	}
	return best
}

// report is the subscription as orders takes it.
func (s *subscription) report(status orders.SubscriptionStatus, at time.Time) orders.SyncSubscriptionParams {
	p := orders.SyncSubscriptionParams{
		Provider: orders.PayTypeStripe, SubID: s.ID, OrderNo: s.Metadata[orderKey], Status: status,
		PeriodStart: unix(s.legacy.PeriodStart), PeriodEnd: unix(s.legacy.PeriodEnd), Quantity: s.legacy.Quantity,
		CancelAtPeriodEnd: s.CancelAtPeriodEnd || s.CancelAt != 0,
		TrialEnd:          unix(s.TrialEnd), EndedAt: unix(s.EndedAt), At: at,
	}
	if s.legacy.Plan != nil {
		p.PriceID = s.legacy.Plan.ID
	}
	if item := s.item(); item != nil {
		p.Quantity = item.Quantity
		if item.Price != nil {
			p.PriceID = item.Price.ID
		}
		if item.CurrentPeriodStart != 0 {
			p.PeriodStart, p.PeriodEnd = unix(item.CurrentPeriodStart), unix(item.CurrentPeriodEnd)
		}
	}
	return p
}

// subscriptionChanged carries out every customer.subscription event: each holds
// the subscription as it is.
func (c Config) subscriptionChanged(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	s, err := readSubscription(e)
	if err != nil {
		return err
	}
	status, known := s.status()
	if e.Type == stripego.EventTypeCustomerSubscriptionDeleted {
		status, known = orders.SubCancelled, true
	}
	if !known {
		result.Ignored = "the subscription is " + string(s.Status)
		return nil
	}
	result.Order, err = orders.SyncSubscription(ctx, db, s.report(status, created(e)))
	return foreign(err, s.Metadata[orderKey])
}
