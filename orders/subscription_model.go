package orders

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// SubscriptionStatus is the status of a subscription.
type SubscriptionStatus string

// The statuses of a subscription. Cancelled and ended are final: whatever is
// reported later, and for whatever time, such a subscription does not run
// again.
const (
	// SubIncomplete means that the first payment has not succeeded yet.
	SubIncomplete SubscriptionStatus = "incomplete"
	// SubTrialing is in its trial.
	SubTrialing SubscriptionStatus = "trialing"
	// SubActive is paid.
	SubActive SubscriptionStatus = "active"
	// SubPastDue means that a payment failed and may still succeed.
	SubPastDue SubscriptionStatus = "past_due"
	// SubPaused means that it is not billed at present.
	SubPaused SubscriptionStatus = "paused"
	// SubCancelled was cancelled and is over.
	SubCancelled SubscriptionStatus = "cancelled"
	// SubEnded ended without being cancelled: its first payment never came.
	SubEnded SubscriptionStatus = "ended"
)

// Valid reports whether s is one of the statuses above.
func (s SubscriptionStatus) Valid() bool { return s.rank() > 0 }

// Running reports whether the subscription has not ended: it is in its trial,
// active, past due or paused.
func (s SubscriptionStatus) Running() bool {
	switch s {
	case SubTrialing, SubActive, SubPastDue, SubPaused:
		return true
	}
	return false
}

// final reports whether no other status follows.
func (s SubscriptionStatus) final() bool { return s == SubCancelled || s == SubEnded }

// rank decides between reports of the same moment: providers' times are in seconds, and the status that
// comes later in a subscription's life was reported later.
func (s SubscriptionStatus) rank() int {
	switch s {
	case SubIncomplete:
		return 1
	case SubTrialing:
		return 2
	case SubPastDue:
		return 3
	case SubActive:
		return 4
	case SubPaused:
		return 5
	case SubEnded:
		return 6
	case SubCancelled:
		return 7
	}
	return 0
}

// runningStatuses are those for which Running returns true.
func runningStatuses() []SubscriptionStatus {
	return []SubscriptionStatus{SubTrialing, SubActive, SubPastDue, SubPaused}
}

// Subscription is a row of the table subscriptions: a customer's subscription
// as last reported by the provider.
type Subscription struct {
	bun.BaseModel `bun:"table:subscriptions,alias:sub"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// Provider and SubID are the provider and its ID of the subscription;
	// together they are unique.
	Provider PayType `bun:"provider,notnull,type:varchar(50)" chameleon:"exact" json:"provider"`
	SubID    string  `bun:"sub_id,notnull,type:varchar(255)" chameleon:"exact" json:"sub_id"`
	UserUUID string  `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	// OrderNo is the order that began it.
	OrderNo string `bun:"order_no,notnull,type:varchar(255)" chameleon:"exact" json:"order_no"`
	// ProductID is the product of the latest paid period, as in orders; PriceID
	// is the provider's ID of the price or product, empty if unknown.
	ProductID string `bun:"product_id,nullzero,type:varchar(255)" json:"product_id,omitempty"`
	PriceID   string `bun:"price_id,nullzero,type:varchar(255)" chameleon:"exact" json:"price_id,omitempty"`
	// Quantity is the number of seats, 0 if unknown.
	Quantity int64              `bun:"quantity,nullzero,type:bigint" json:"quantity"`
	Status   SubscriptionStatus `bun:"status,notnull,type:varchar(50)" chameleon:"exact" json:"status"`
	// PeriodStart and PeriodEnd bound the current period.
	PeriodStart time.Time `bun:"period_start,nullzero,type:timestamptz" json:"period_start,omitzero"`
	PeriodEnd   time.Time `bun:"period_end,nullzero,type:timestamptz" json:"period_end,omitzero"`
	// CancelAtPeriodEnd is true when it will not be renewed.
	CancelAtPeriodEnd bool `bun:"cancel_at_period_end,notnull,type:boolean,default:false" json:"cancel_at_period_end"`
	// TrialEnd is when its trial ends or ended, zero for none.
	TrialEnd time.Time `bun:"trial_end,nullzero,type:timestamptz" json:"trial_end,omitzero"`
	// EndedAt is when it ended, zero while it runs.
	EndedAt time.Time `bun:"ended_at,nullzero,type:timestamptz" json:"ended_at,omitzero"`
	// AsOf is the provider's time of the latest report.
	AsOf      time.Time `bun:"as_of,nullzero,type:timestamptz" json:"as_of,omitzero"`
	CreatedAt time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	UpdatedAt time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
}

// Running reports whether the subscription has not ended.
func (s *Subscription) Running() bool { return s.Status.Running() }

// Indexes implements dialect.Indexed.
func (*Subscription) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "subscriptions_provider_sub_id_unique", Columns: []string{"provider", "sub_id"}, Unique: true},
		{Name: "subscriptions_user_uuid_created_at_idx", Columns: []string{"user_uuid", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "subscriptions_order_no_idx", Columns: []string{"order_no"}},
		{Name: "subscriptions_status_created_at_idx", Columns: []string{"status", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "subscriptions_created_at_idx", Columns: []string{"created_at", "id"}, Times: []string{"created_at"}},
	}
}
