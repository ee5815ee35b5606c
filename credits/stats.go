package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// StatsPeriod is the length of the buckets of a series; see package calendar.
type StatsPeriod = calendar.Unit

// The periods.
const (
	// PeriodNone puts the whole range in one bucket.
	PeriodNone  = calendar.None
	PeriodDay   = calendar.Day
	PeriodWeek  = calendar.Week
	PeriodMonth = calendar.Month
)

const (
	// DefaultStatsDays is how many days [Stats] covers by default.
	DefaultStatsDays = calendar.DefaultDays
	// MaxStatsBuckets bounds a series.
	MaxStatsBuckets = calendar.MaxPeriods
)

// StatsParams name a time range and how to divide it.
type StatsParams struct {
	// From and To are the time range: From is included, To is not. A zero To
	// means At. A zero From means the start of the day, week or month
	// [DefaultStatsDays] days before To, counting today.
	From, To time.Time
	// Period divides the range into a series, unless it is PeriodNone.
	Period StatsPeriod
	// Location is the time zone whose days, weeks and months count; nil is UTC.
	Location *time.Location
	// UserUUID is the account; empty means all accounts.
	UserUUID string
	// At is the present, zero for now: grants that expire later have not
	// expired yet.
	At time.Time
}

// StatsResult has the sums of a time range and their series.
type StatsResult struct {
	StatsBucket
	// Series has every bucket of the range in order, including empty ones; it
	// is empty for PeriodNone. The first and last buckets are cut at the bounds
	// of the range. The sums of the buckets add up to those of the whole;
	// ActiveUsers does not.
	Series []StatsBucket `json:"series,omitempty"`
}

// StatsBucket has the sums of one time range.
type StatsBucket struct {
	// From and To are its bounds in the caller's time zone: From is included,
	// To is not.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	StatsSums
	// ActiveUsers is the number of accounts whose credits moved.
	ActiveUsers int64 `json:"active_users"`
	// Expired is what was lost to expiry: [BalanceResult].Expired at the end of
	// the range minus that at its start. The remainder of a grant counts when
	// the grant expires. A later refund to an expired grant adds to it, a later
	// carry-over or claw-back subtracts from it. It is not part of Net. Legacy
	// rows belong to no grant and are not included.
	Expired int64 `json:"expired"`
	// ByType are the same sums by transaction type, ordered by it.
	ByType []TypeStats `json:"by_type,omitempty"`
}

// StatsSums are sums of entries in credits. For every bucket and every type
//
//	Net = Positive - Negative = Granted - Consumed + Refunded - TakenBack
//
// Positive and Negative sum all entries by sign, as the TypeScript application
// does. The ledger also moves credits within an account: a debt payment moves
// credits from a grant to the debt, and a carry-over moves them from grant to
// grant. Both count in Positive and in Negative; the other four leave them out.
//
// Types compare byte for byte on every engine.
type StatsSums struct {
	// Positive and Negative are the sums of all entries above and below 0, as
	// positive numbers.
	Positive int64 `json:"positive"`
	Negative int64 `json:"negative"`
	// Granted is what grants added: sign-ups, purchases, check-ins, upward
	// adjustments and positive legacy rows.
	Granted int64 `json:"granted"`
	// Consumed is what charges and captures took, with downward adjustments and
	// negative legacy rows.
	Consumed int64 `json:"consumed"`
	// Refunded is what refunds gave back.
	Refunded int64 `json:"refunded"`
	// TakenBack is what claw-backs and voids took from grants, plus the debt they
	// made, minus what they reinstated.
	TakenBack int64 `json:"taken_back"`
	// Net is the sum of all entries.
	Net int64 `json:"net"`
}

// TypeStats are the sums of one transaction type.
type TypeStats struct {
	Type string `json:"type"`
	StatsSums
	// Entries is the number of entries.
	Entries int64 `json:"entries"`
}

// Stats sums entries over a time range, by type, and as a series of days, weeks
// or months in the caller's time zone, with the lengths that daylight saving
// gives them. Entries count at the ledger's time and rows of other programs at
// their created_at; undated rows do not count. Holds, releases and timeouts
// move no credits and do not appear.
//
// For one account it reads that account's history. For all accounts it reads
// the whole of credits_trans, so run it where that does no harm, such as on a
// replica. The sums and the numbers of active users are read one after the
// other; in a transaction with a snapshot they are of the same moment.
//
// Errors: *InvalidError, also for more than [MaxStatsBuckets] buckets;
// dialect.ErrSumTooLarge when sums pass 64 bits; *dialect.Error.
func Stats(ctx context.Context, db bun.IDB, p StatsParams) (*StatsResult, error) {
	edges, err := p.edges()
	if err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	q := statsQuery{db: db, caps: dialect.Of(db), p: p, edges: edges, at: nowOr(p.At)}
	out, err := q.read(ctx)
	return out, dialect.Classify(err)
}

// edges checks the params and returns the edges of the buckets.
func (p StatsParams) edges() ([]time.Time, error) {
	err := valid.First(checkTime("From", p.From), checkTime("To", p.To), checkTime("At", p.At))
	if err == nil && p.UserUUID != "" {
		err = checkAccount("UserUUID", p.UserUUID)
	}
	if err == nil && !p.Period.Valid() {
		err = valid.Failf("Period", "%q is not a period", p.Period)
	}
	if err != nil {
		return nil, err
	}
	loc := p.Location
	if loc == nil {
		loc = time.UTC
	}
	to := p.To
	if to.IsZero() {
		to = column.Time(nowOr(p.At))
	}
	from, to := p.From.In(loc), to.In(loc)
	if p.From.IsZero() {
		from = days.Begin(p.Period, to.AddDate(0, 0, 1-DefaultStatsDays))
	}
	if !from.Before(to) {
		return nil, valid.Failf("To", "not after From")
	}
	return bucketEdges(p.Period, from, to)
}
