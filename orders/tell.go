package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/tell"
)

// tellPaid writes that the order was paid to the outbox.
func (o *Order) tellPaid(ctx context.Context, tx bun.Tx, at time.Time) error {
	return tell.Of(ctx, tx, o.UserUUID, events.TypeOrderPaid, at, events.OrderPaid{
		OrderNo: o.OrderNo, Amount: o.Paid(), Currency: o.Currency, Credits: o.Credits, PayType: string(o.PayType),
		ProductID: o.ProductID, SubID: o.SubID, FirstOrderNo: o.FirstOrderNo,
	})
}

// tellRefunded writes what went back of the order to the outbox.
func (o *Order) tellRefunded(ctx context.Context, tx bun.Tx, at time.Time) error {
	return tell.Of(ctx, tx, o.UserUUID, events.TypeOrderRefunded, at, events.OrderRefunded{
		OrderNo: o.OrderNo, Refunded: o.RefundedAmount, Paid: o.Paid(), Currency: o.Currency, Status: string(o.Status),
	})
}

// tell writes what has changed since the row was as given to the outbox, if anything has
// that a product acts on.
func (s *Subscription) tell(ctx context.Context, tx bun.Tx, was Subscription, fresh bool, at time.Time) error {
	same := s.Status == was.Status && s.PriceID == was.PriceID && s.ProductID == was.ProductID && s.Quantity == was.Quantity &&
		s.PeriodEnd.Equal(was.PeriodEnd) && s.CancelAtPeriodEnd == was.CancelAtPeriodEnd
	if same && !fresh {
		return nil
	}
	from := string(was.Status)
	if fresh {
		from = ""
	}
	return tell.Of(ctx, tx, s.UserUUID, events.TypeSubscriptionChanged, at, events.SubscriptionChanged{
		SubID: s.SubID, Provider: string(s.Provider), OrderNo: s.OrderNo, From: from, Status: string(s.Status),
		PriceID: s.PriceID, Quantity: s.Quantity, PeriodEnd: s.PeriodEnd, CancelAtPeriodEnd: s.CancelAtPeriodEnd,
	})
}
