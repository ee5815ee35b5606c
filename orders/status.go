package orders

import (
	"slices"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// Status is the status of an order.
type Status string

// The statuses of an order.
const (
	// StatusPending is created and awaiting payment.
	StatusPending Status = "pending"
	// StatusPaid is paid; its credits are granted.
	StatusPaid Status = "paid"
	// StatusFailed is a failed attempt to pay. A retry may still succeed.
	StatusFailed Status = "failed"
	// StatusCancelled is cancelled before payment. Late money still pays it.
	StatusCancelled Status = "cancelled"
	// StatusRefunded is paid back in full.
	StatusRefunded Status = "refunded"
)

// Valid reports whether s is one of the statuses above.
func (s Status) Valid() bool {
	switch s {
	case StatusPending, StatusPaid, StatusFailed, StatusCancelled, StatusRefunded:
		return true
	}
	return false
}

// Foreign returns the equivalent of another program's status, and whether it is
// known; docs/adopting.md has the table. This package's own statuses are their
// own equivalents.
func (s Status) Foreign() (Status, bool) {
	for is, words := range foreignWords() {
		if slices.Contains(words, s) {
			return is, true
		}
	}
	return s, s.Valid()
}

// foreignWords are other programs' words for each status.
func foreignWords() map[Status][]Status {
	return map[Status][]Status{
		StatusPending:   {"created", "unpaid", "open", "new", "waiting"},
		StatusPaid:      {"success", "succeeded", "complete", "completed", "fulfilled"},
		StatusCancelled: {"canceled", "expired", "closed", "abandoned"},
		StatusFailed:    {"fail", "failure", "error", "declined", "rejected"},
		StatusRefunded:  {"refund", "charged_back"},
	}
}

// PayType is the payment provider of an order: any name of the form that
// [PayType.Valid] checks.
type PayType string

// The payment providers whose webhooks this module reads.
const (
	PayTypeStripe PayType = "stripe"
	PayTypeCreem  PayType = "creem"
)

// Valid reports whether p can name a provider: 1 to 50 lower-case letters, digits,
// dots, dashes and underscores, a letter or digit first.
func (p PayType) Valid() bool { return valid.IsName(string(p)) }

// optional checks a provider that need not be named.
func (p PayType) optional(field string) error {
	if p == "" {
		return nil
	}
	return p.check(field)
}

func (p PayType) check(field string) error { return valid.Name(field, string(p)) }

// Interval is how often an order is billed.
type Interval string

// The billing intervals.
const (
	IntervalWeek     Interval = "week"
	IntervalMonth    Interval = "month"
	IntervalQuarter  Interval = "quarter"
	IntervalHalfYear Interval = "half-year"
	IntervalYear     Interval = "year"
	IntervalOneTime  Interval = "one-time"
)

// Valid reports whether i is one of the intervals above.
func (i Interval) Valid() bool {
	return i == IntervalOneTime || i.recurs()
}
