package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// GetSubscriptionParams name a subscription.
type GetSubscriptionParams struct {
	// Provider is the provider that SubID belongs to; empty means any.
	Provider PayType
	// SubID is the provider's ID of the subscription, required.
	SubID string
	// UserUUID, when set, is who must own it.
	UserUUID string
}

// GetSubscription finds a subscription.
//
// Errors: *InvalidError for a field of p, *NotFoundError when there is none or
// another user has it, and *dialect.Error when the engine fails.
func GetSubscription(ctx context.Context, db bun.IDB, p GetSubscriptionParams) (*Subscription, error) {
	err := valid.Identifier("SubID", p.SubID, maxName)
	if err == nil && p.Provider != "" {
		err = p.Provider.check("Provider")
	}
	if err == nil && p.UserUUID != "" {
		err = valid.UUID("UserUUID", p.UserUUID)
	}
	if err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	s, err := findSubscription(ctx, db, p.Provider, p.SubID)
	switch {
	case err != nil:
		return nil, err
	case s == nil, p.UserUUID != "" && s.UserUUID != p.UserUUID:
		return nil, &NotFoundError{
			What: "subscription", Field: "SubID", Value: p.SubID, UserUUID: p.UserUUID, Err: ErrNotFound,
		}
	}
	return s, nil
}

// ListSubscriptionsParams name a page of subscriptions.
type ListSubscriptionsParams struct {
	// UserUUID, when set, is whose subscriptions to list.
	UserUUID string
	// Status, when set, is the status to list. Running lists subscriptions that
	// have not ended.
	Status  SubscriptionStatus
	Running bool
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// ListSubscriptions returns a page of subscriptions, the latest recorded first:
// a user's (UserUUID), a user's running ones (Running), or everybody's. A
// subscription whose status changes while a caller pages through one status may
// be missed by later pages.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func ListSubscriptions(
	ctx context.Context, db bun.IDB, p ListSubscriptionsParams,
) (*list.Page[Subscription], error) {
	scope, err := p.scope()
	if err != nil {
		return nil, err
	}
	rows := page.List[Subscription]{
		Scope: scope, Column: "created_at", Where: p.filter,
		Place: func(s *Subscription) (time.Time, int64) { return s.CreatedAt, s.ID },
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}

// scope checks p and names its list.
func (p ListSubscriptionsParams) scope() (string, error) {
	if p.UserUUID != "" {
		if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
			return "", err
		}
	}
	if p.Status != "" {
		if err := oneOf("Status", p.Status); err != nil {
			return "", err
		}
	}
	which := string(p.Status)
	if p.Running {
		if p.Status != "" {
			return "", valid.Failf("Running", "set together with Status")
		}
		which = "running"
	}
	return "subscriptions/" + which + "/" + p.UserUUID, nil
}

func (p ListSubscriptionsParams) filter(q *bun.SelectQuery) *bun.SelectQuery {
	q = page.Equal(q, "user_uuid", p.UserUUID)
	if p.Running {
		return q.Where("?TableAlias.status IN (?)", bun.List(runningStatuses()))
	}
	return page.Equal(q, "status", p.Status)
}
