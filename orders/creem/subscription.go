package creem

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// units is how many seats, 0 where the event does not say.
func (s *subscription) units() int64 {
	var sum int64
	for _, item := range s.Items {
		sum += item.Units
	}
	return sum
}

// orderNo is the number that the subscription's checkout was created with, where
// Creem copied its metadata.
func (s *subscription) orderNo() string {
	no, _ := s.Metadata[orderKey].(string)
	return no
}

// status is what an event says of its subscription. The event decides before
// the object, which may have gone on: only subscription.update has no meaning
// of its own.
func (s *subscription) status(event string) (orders.SubscriptionStatus, bool) {
	switch event {
	case "subscription.active", "subscription.paid", "subscription.scheduled_cancel":
		return orders.SubActive, true
	case "subscription.trialing":
		return orders.SubTrialing, true
	case "subscription.paused":
		return orders.SubPaused, true
	case "subscription.canceled":
		return orders.SubCancelled, true
	// Creem goes on trying to be paid until it cancels.
	case "subscription.past_due", "subscription.unpaid", "subscription.expired":
		return orders.SubPastDue, true
	}
	switch s.Status {
	case "active", "scheduled_cancel":
		return orders.SubActive, true
	case "trialing":
		return orders.SubTrialing, true
	case "paused":
		return orders.SubPaused, true
	case "canceled":
		return orders.SubCancelled, true
	case "past_due", "unpaid", "expired":
		return orders.SubPastDue, true
	}
	return "", false
}

// report is the subscription as orders takes it.
func (s *subscription) report(e *event, status orders.SubscriptionStatus) orders.SyncSubscriptionParams {
	p := orders.SyncSubscriptionParams{
		Provider: orders.PayTypeCreem, SubID: s.ID, OrderNo: s.orderNo(), Status: status,
		PriceID: s.Product.ID, Quantity: s.units(), PeriodStart: s.PeriodStart, PeriodEnd: s.PeriodEnd,
		CancelAtPeriodEnd: e.Type == "subscription.scheduled_cancel" || s.Status == "scheduled_cancel",
		EndedAt:           s.CanceledAt, At: e.at(),
	}
	if status == orders.SubTrialing {
		p.TrialEnd = s.PeriodEnd
	}
	return p
}

// subscriptionChanged carries out the events that say how a subscription stands
// and tell of no payment.
func (c Config) subscriptionChanged(ctx context.Context, db bun.IDB, e *event, result *webhook.Result) error {
	s, err := read[subscription](e)
	if err != nil {
		return err
	}
	if s.ID == "" {
		return fmt.Errorf("%w: the subscription has no id", webhook.ErrPayload)
	}
	status, known := s.status(e.Type)
	if !known {
		result.Ignored = "the subscription is " + s.Status
		return nil
	}
	result.Order, err = orders.SyncSubscription(ctx, db, s.report(e, status))
	return foreign(err, s.orderNo())
}
