package orders

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// SyncSubscriptionParams report the state of a subscription.
type SyncSubscriptionParams struct {
	// Provider and SubID name it, required; SubID has at most 200 bytes.
	Provider PayType
	SubID    string
	// OrderNo is the order that began it, if the provider's metadata says; it is
	// used while no order has the SubID.
	OrderNo string
	// Status is required.
	Status SubscriptionStatus
	// PriceID is the provider's ID of the price or product, at most 255
	// characters, and Quantity the number of seats; empty and 0 keep what is
	// known.
	PriceID  string
	Quantity int64
	// PeriodStart and PeriodEnd bound the current period, zero for unknown.
	PeriodStart, PeriodEnd time.Time
	// CancelAtPeriodEnd is true when it will not be renewed.
	CancelAtPeriodEnd bool
	// TrialEnd is when its trial ends, zero for none.
	TrialEnd time.Time
	// EndedAt is when it ended; zero means At if Status is final.
	EndedAt time.Time
	// At is the provider's time of the report, by which reports are ordered;
	// zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock when credits of
	// a trial are ended; 0 means credits.DefaultMaxAhead, and credits.AnyTime
	// accepts any time.
	MaxAhead time.Duration
}

// check returns p with its times normalised.
func (p SyncSubscriptionParams) check() (SyncSubscriptionParams, error) {
	var errs [5]error
	p.At, errs[0] = valid.Time("At", p.At)
	for i, t := range map[int]struct {
		field string
		at    *time.Time
	}{
		1: {"PeriodStart", &p.PeriodStart}, 2: {"PeriodEnd", &p.PeriodEnd},
		3: {"TrialEnd", &p.TrialEnd}, 4: {"EndedAt", &p.EndedAt},
	} {
		if !t.at.IsZero() {
			*t.at, errs[i] = valid.Time(t.field, *t.at)
		}
	}
	err := valid.First(
		p.Provider.check("Provider"), valid.Key("SubID", p.SubID, maxSubID), oneOf("Status", p.Status),
		valid.Optional("OrderNo", p.OrderNo, maxName), valid.Optional("PriceID", p.PriceID, maxName),
		valid.AmountOrZero("Quantity", p.Quantity), errs[0], errs[1], errs[2], errs[3], errs[4],
	)
	if p.Status.final() && p.EndedAt.IsZero() {
		p.EndedAt = p.At
	}
	return p, err
}

// SyncSubscription records what a provider reports about a subscription. Reports may
// arrive twice and out of order: an older one only fills in what was unknown, and a
// subscription that is cancelled or ended stays so. It grants nothing; payments do.
// The credits of a paid period, and those carried over to it, expire at its end as last
// reported, unless some were carried over to the next period by then. Those of a trial
// that is cut short by the end of its subscription expire with the subscription.
//
// Result.Order is the order that began the subscription, Result.Subscription
// its row, and Result.Duplicates the user's other running subscriptions for the
// same product, which should be reviewed.
//
// Errors, after which nothing is written: *InvalidError for a field of p;
// *NotFoundError when neither the SubID nor the OrderNo is known, or it belongs
// to another provider; *dialect.Error when the engine fails.
func SyncSubscription(ctx context.Context, db bun.IDB, p SyncSubscriptionParams) (*Result, error) {
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	var result *Result
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		first, err := originOf(ctx, tx, p.Provider, p.SubID, p.OrderNo)
		if err != nil {
			return err
		}
		result, err = p.sync(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// originOf finds the order that began a subscription, locked.
func originOf(ctx context.Context, tx bun.Tx, provider PayType, subID, orderNo string) (*Order, error) {
	row, err := findSubscription(ctx, tx, provider, subID)
	if err != nil {
		return nil, err
	}
	get := GetParams{SubID: subID}
	if row != nil {
		get = GetParams{OrderNo: row.OrderNo}
	}
	o, err := get.lock(ctx, tx)
	if errors.Is(err, ErrNotFound) && orderNo != "" {
		o, err = GetParams{OrderNo: orderNo}.lock(ctx, tx)
	}
	if err == nil && o.PayType != "" && provider != "" && o.PayType != provider && o.wasPaid() {
		return nil, notFound("subscription", "SubID", subID)
	}
	return o, err
}

// sync records the report under the lock of the subscription's first order.
func (p SyncSubscriptionParams) sync(ctx context.Context, tx bun.Tx, first *Order) (*Result, error) {
	row, fresh, err := newSubscription(p.Provider, p.SubID, first, p.At).insert(ctx, tx)
	if err != nil {
		return nil, err
	}
	result := &Result{Order: first, Subscription: row}
	linked := (first.SubID == "" || first.unbegun(p.SubID) && !p.Status.final()) && first.Interval.recurs()
	if linked {
		first.begins(p.Provider, p.SubID)
	}
	corrected, err := first.corrected(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	ended := p.Status.final() && first.SubID == p.SubID && first.SubEndedAt.IsZero()
	if ended {
		first.SubEndedAt = p.EndedAt
	}
	if linked || ended || corrected {
		first.UpdatedAt = p.At
		if err := update(ctx, tx, first); err != nil {
			return nil, err
		}
	}
	if corrected {
		if err := first.rebalance(ctx, tx, p.At, p.MaxAhead); err != nil {
			return nil, err
		}
	}
	was := *row
	changed := row.take(p, fresh)
	result.Replayed = !changed && !fresh && !linked && !ended && !corrected
	if changed {
		if err := row.update(ctx, tx); err != nil {
			return nil, err
		}
		if err := p.moveTrial(ctx, tx, first, row); err != nil {
			return nil, err
		}
		if err := row.movePeriod(ctx, tx, first, p.At, p.MaxAhead); err != nil {
			return nil, err
		}
	}
	if row.Status.final() && !row.TrialEnd.IsZero() {
		if err := endTrialOf(ctx, tx, first, p.SubID, p.At, p.MaxAhead); err != nil {
			return nil, err
		}
	}
	if result.Duplicates, err = row.duplicates(ctx, tx); err != nil {
		return nil, err
	}
	return result, row.tell(ctx, tx, was, fresh, p.At)
}

// take makes the row say what the report does, if that is not older, and
// reports whether it changed.
func (s *Subscription) take(p SyncSubscriptionParams, fresh bool) bool {
	before := *s
	if !s.Status.final() && (fresh || p.Status.final() || s.olderThan(p)) {
		s.Status, s.CancelAtPeriodEnd, s.AsOf = p.Status, p.CancelAtPeriodEnd, p.At
		s.PriceID, s.TrialEnd = cmp.Or(p.PriceID, s.PriceID), orTime(p.TrialEnd, s.TrialEnd)
		if p.Quantity > 0 {
			s.Quantity = p.Quantity
		}
		// What is known may have been computed from a payment, seconds after the start.
		if !p.PeriodStart.IsZero() && !p.PeriodStart.Before(s.PeriodStart.Add(-regrantOver)) {
			s.PeriodStart, s.PeriodEnd = p.PeriodStart, orTime(p.PeriodEnd, s.PeriodEnd)
		}
	}
	s.fill(p)
	if *s == before {
		return false
	}
	s.UpdatedAt = p.At
	return true
}

// fill sets what was unknown.
func (s *Subscription) fill(p SyncSubscriptionParams) {
	s.PriceID, s.TrialEnd = cmp.Or(s.PriceID, p.PriceID), orTime(s.TrialEnd, p.TrialEnd)
	if s.Quantity == 0 {
		s.Quantity = p.Quantity
	}
	if s.PeriodStart.IsZero() {
		s.PeriodStart, s.PeriodEnd = p.PeriodStart, p.PeriodEnd
	}
	if s.Status.final() && s.EndedAt.IsZero() {
		s.EndedAt = p.EndedAt
	}
}

// olderThan reports whether the row is to follow the report. Of reports of one
// moment the one that is later in a subscription's life does.
func (s *Subscription) olderThan(p SyncSubscriptionParams) bool {
	switch {
	case s.AsOf.Equal(p.At) && s.Status != p.Status:
		return p.Status.rank() > s.Status.rank()
	case s.AsOf.Equal(p.At):
		return p.PeriodEnd.After(s.PeriodEnd) || p.PeriodEnd.Equal(s.PeriodEnd) && p.CancelAtPeriodEnd
	}
	return p.At.After(s.AsOf)
}

func orTime(a, b time.Time) time.Time {
	if !a.IsZero() {
		return a
	}
	return b
}
