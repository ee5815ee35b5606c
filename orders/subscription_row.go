package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// newSubscription returns the row of a subscription about which only the order that began it is known.
func newSubscription(provider PayType, subID string, first *Order, at time.Time) *Subscription {
	return &Subscription{
		Provider: provider, SubID: subID, UserUUID: first.UserUUID, OrderNo: first.OrderNo,
		ProductID: first.ProductID, Status: SubIncomplete, CreatedAt: at, UpdatedAt: at,
	}
}

// findSubscription reads a subscription without a lock, nil for none. An empty
// provider is any.
func findSubscription(ctx context.Context, db bun.IDB, provider PayType, subID string) (*Subscription, error) {
	return scanSubscription(ctx, subscriptionQuery(db, provider, subID), subID)
}

// lockedSubscription is findSubscription under the lock of the order that began it, which
// whoever changes the row holds: in a caller's transaction, whose plain reads may be older
// than that lock, the row is locked, too.
func lockedSubscription(ctx context.Context, tx bun.Tx, provider PayType, subID string) (*Subscription, error) {
	if !dialect.IsCallers(ctx, tx) {
		return findSubscription(ctx, tx, provider, subID)
	}
	s := new(Subscription)
	lock := rows.Lock
	if rows.Behind(ctx, tx) {
		lock = rows.LockKnown
	}
	return s.found(subID, lock(ctx, tx, s, ofSubID(provider, subID)))
}

func subscriptionQuery(db bun.IDB, provider PayType, subID string) *bun.SelectQuery {
	return ofSubID(provider, subID)(db.NewSelect().Model((*Subscription)(nil)))
}

// ofSubID selects the subscription of a provider's name for it.
func ofSubID(provider PayType, subID string) func(q *bun.SelectQuery) *bun.SelectQuery {
	return named("sub_id", subID, provider, "id")
}

func scanSubscription(ctx context.Context, q *bun.SelectQuery, subID string) (*Subscription, error) {
	s := new(Subscription)
	return s.found(subID, q.Scan(ctx, s))
}

// found returns the result of a query for a subscription, nil for none.
func (s *Subscription) found(subID string, err error) (*Subscription, error) {
	s, err = found(s, func(s *Subscription) bool { return s.SubID == subID }, err)
	if s != nil {
		s.utc()
	}
	return s, err
}

// utc makes the row's times comparable: engines return them in different zones.
func (s *Subscription) utc() {
	for _, t := range []*time.Time{
		&s.PeriodStart, &s.PeriodEnd, &s.TrialEnd, &s.EndedAt, &s.AsOf, &s.CreatedAt, &s.UpdatedAt,
	} {
		*t = t.UTC()
	}
}

// insert stores a new subscription, or returns the existing one, locked.
func (s *Subscription) insert(ctx context.Context, tx bun.Tx) (stored *Subscription, fresh bool, err error) {
	seen, err := findSubscription(ctx, tx, s.Provider, s.SubID)
	if err != nil {
		return nil, false, err
	}
	if seen == nil {
		inserted, err := rows.Insert(ctx, tx, s)
		if err != nil || inserted {
			return s, true, err
		}
	}
	stored = new(Subscription)
	stored, err = stored.found(s.SubID, rows.LockKnown(ctx, tx, stored, ofSubID(s.Provider, s.SubID)))
	if err == nil && stored == nil {
		err = notFound("subscription", "SubID", s.SubID)
	}
	return stored, false, err
}

// update writes what verbs change on a subscription that is locked.
func (s *Subscription) update(ctx context.Context, tx bun.Tx) error {
	_, err := rows.Update(ctx, tx, s, s.own(),
		"product_id", "price_id", "quantity", "status", "period_start", "period_end", "cancel_at_period_end",
		"trial_end", "ended_at", "as_of", "updated_at")
	return err
}

// own names the row.
func (s *Subscription) own() rows.Own {
	return rows.Own{ID: s.ID, Key: []rows.Column{{Name: "provider", Value: s.Provider}, {Name: "sub_id", Value: s.SubID}}}
}

// maxDuplicates limits how many other subscriptions are reported.
const maxDuplicates = 10

// duplicates returns the user's other running subscriptions for the product of a running one.
func (s *Subscription) duplicates(ctx context.Context, db bun.IDB) ([]Subscription, error) {
	if !s.Running() || s.ProductID == "" {
		return nil, nil
	}
	var found []Subscription
	err := rows.Now(ctx, db, db.NewSelect().Model(&found)).
		Where("user_uuid = ?", s.UserUUID).
		Where("product_id = ?", s.ProductID).
		Where("status IN (?)", bun.List(runningStatuses())).
		Where("NOT (provider = ? AND sub_id = ?)", s.Provider, s.SubID).
		OrderExpr("created_at, id").Limit(maxDuplicates).Scan(ctx)
	return found, dialect.Classify(err)
}
