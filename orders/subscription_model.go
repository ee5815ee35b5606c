package orders

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// SubscriptionStatus is where a subscription stands.
type SubscriptionStatus string

// The statuses of a subscription. Cancelled and ended are final: whatever is
// reported later, of whatever time, such a subscription does not run again.
const (
	// SubIncomplete is one whose first payment is not through.
	SubIncomplete SubscriptionStatus = "incomplete"
	// SubTrialing is in its trial.
	SubTrialing SubscriptionStatus = "trialing"
	// SubActive is paid.
	SubActive SubscriptionStatus = "active"
	// SubPastDue has a payment that failed and may still work.
	SubPastDue SubscriptionStatus = "past_due"
	// SubPaused is not billed for now.
	SubPaused SubscriptionStatus = "paused"
	// SubCancelled was cancelled and is over.
	SubCancelled SubscriptionStatus = "cancelled"
	// SubEnded is over without having been cancelled: its first payment never
	// came.
	SubEnded SubscriptionStatus = "ended"
)

// Valid reports whether s is one of the statuses above.
func (s SubscriptionStatus) Valid() bool { return s.rank() > 0 }

// Running reports whether the subscription goes on: it is in its trial, active,
// past due or paused.
func (s SubscriptionStatus) Running() bool {
	switch s {
	case SubTrialing, SubActive, SubPastDue, SubPaused:
		return true
	}
	return false
}

// final reports whether nothing follows.
func (s SubscriptionStatus) final() bool { return s == SubCancelled || s == SubEnded }

// rank decides between reports of one moment: providers' times are in seconds,
// and the status that comes later in a subscription's life was reported later.
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

// runningStatuses are those that Running reports.
func runningStatuses() []SubscriptionStatus {
	return []SubscriptionStatus{SubTrialing, SubActive, SubPastDue, SubPaused}
}

// Subscription is a row of the table subscriptions: one of a customer's, as the
// provider reported it last.
type Subscription struct {
	bun.BaseModel `bun:"table:subscriptions,alias:sub"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// Provider and SubID are the provider and its name for the subscription;
	// together they are unique.
	Provider PayType `bun:"provider,notnull,type:varchar(50)" chameleon:"exact" json:"provider"`
	SubID    string  `bun:"sub_id,notnull,type:varchar(255)" chameleon:"exact" json:"sub_id"`
	UserUUID string  `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	// OrderNo is the order that began it.
	OrderNo string `bun:"order_no,notnull,type:varchar(255)" chameleon:"exact" json:"order_no"`
	// ProductID is the product of the period that was paid last, as orders have
	// it; PriceID is the provider's price or product, empty where it did not say.
	ProductID string `bun:"product_id,nullzero,type:varchar(255)" json:"product_id,omitempty"`
	PriceID   string `bun:"price_id,nullzero,type:varchar(255)" chameleon:"exact" json:"price_id,omitempty"`
	// Quantity is how many seats, 0 where nobody said.
	Quantity int64              `bun:"quantity,nullzero,type:bigint" json:"quantity"`
	Status   SubscriptionStatus `bun:"status,notnull,type:varchar(50)" chameleon:"exact" json:"status"`
	// PeriodStart and PeriodEnd bound the period that it is in.
	PeriodStart time.Time `bun:"period_start,nullzero,type:timestamptz" json:"period_start,omitzero"`
	PeriodEnd   time.Time `bun:"period_end,nullzero,type:timestamptz" json:"period_end,omitzero"`
	// CancelAtPeriodEnd is true when it will not be renewed.
	CancelAtPeriodEnd bool `bun:"cancel_at_period_end,notnull,type:boolean,default:false" json:"cancel_at_period_end"`
	// TrialEnd is when its trial ends or ended, zero for none.
	TrialEnd time.Time `bun:"trial_end,nullzero,type:timestamptz" json:"trial_end,omitzero"`
	// EndedAt is when it ended, zero while it runs.
	EndedAt time.Time `bun:"ended_at,nullzero,type:timestamptz" json:"ended_at,omitzero"`
	// AsOf is the provider's time of the report that the row follows.
	AsOf      time.Time `bun:"as_of,nullzero,type:timestamptz" json:"as_of,omitzero"`
	CreatedAt time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	UpdatedAt time.Time `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`
}

// Running reports whether it goes on.
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
