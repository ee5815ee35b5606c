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

// StatsPeriod is the length of the buckets of a series: see the package calendar.
type StatsPeriod = calendar.Unit

// The periods.
const (
	// PeriodNone makes one bucket of the whole time.
	PeriodNone  = calendar.None
	PeriodDay   = calendar.Day
	PeriodWeek  = calendar.Week
	PeriodMonth = calendar.Month
)

const (
	// DefaultStatsDays is how many days [Stats] covers when not told.
	DefaultStatsDays = calendar.DefaultDays
	// MaxStatsBuckets bounds a series.
	MaxStatsBuckets = calendar.MaxPeriods
)

// StatsParams ask for sums over a time.
type StatsParams struct {
	// From and To are the time: From is included, To is not. A zero To is At. A
	// zero From is the start of the day, week or month that lies
	// [DefaultStatsDays] days, today's included, before To.
	From, To time.Time
	// Period divides the time into a series; PeriodNone does not.
	Period StatsPeriod
	// Location is the time zone whose days, weeks and months count; nil is UTC.
	Location *time.Location
	// UserUUID is the account; empty means all accounts.
	UserUUID string
	// At is the present, zero for now: what expires later has not expired yet.
	At time.Time
}

// StatsResult are the sums of a time, and their series.
type StatsResult struct {
	StatsBucket
	// Series has every bucket of the time in order, those without anything too;
	// none for PeriodNone. The first and the last are cut where the time begins
	// and ends. The sums of the buckets add up to those of the whole;
	// ActiveUsers does not.
	Series []StatsBucket `json:"series,omitempty"`
}

// StatsBucket are the sums of a time.
type StatsBucket struct {
	// From and To bound it, in the caller's time zone: From is included, To is
	// not.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	StatsSums
	// ActiveUsers is the number of accounts of which credits were moved.
	ActiveUsers int64 `json:"active_users"`
	// Expired is what was lost to expiry: [BalanceResult].Expired at the end of
	// the time less that at its beginning. What was left of a grant counts when
	// it expires; what reaches or leaves an expired grant later counts then, a
	// refund as more and a carry-over or claw-back as less. It is no part of
	// Net. Legacy rows belong to no grant and are not in it.
	Expired int64 `json:"expired"`
	// ByType are the same sums by transaction type, ordered by it.
	ByType []TypeStats `json:"by_type,omitempty"`
}

// StatsSums are sums of entries in credits. For every bucket and every type
//
//	Net = Positive - Negative = Granted - Consumed + Refunded - TakenBack
//
// Positive and Negative are all that came in and went out by the entries'
// signs, as the TypeScript application counts them. The ledger moves credits
// within an account, too: a debt payment takes from a grant what it gives to the
// debt, and a carry-over moves credits from grant to grant. Both are in Positive
// as well as in Negative, and the other four leave them out.
//
// Types compare byte for byte on every engine.
type StatsSums struct {
	// Positive and Negative are the sums of all entries above and below 0, as
	// positive numbers.
	Positive int64 `json:"positive"`
	Negative int64 `json:"negative"`
	// Granted is what grants put in: sign-ups, purchases, check-ins,
	// adjustments upwards, and legacy rows above 0.
	Granted int64 `json:"granted"`
	// Consumed is what charges and captures took, adjustments downwards, and
	// legacy rows below 0.
	Consumed int64 `json:"consumed"`
	// Refunded is what refunds gave back of it.
	Refunded int64 `json:"refunded"`
	// TakenBack is what claw-backs and voids took of grants, with the debt they
	// made, less what they reinstated: credits, debt, and debt that had been paid.
	TakenBack int64 `json:"taken_back"`
	// Net is the sum of all entries.
	Net int64 `json:"net"`
}

// TypeStats are the sums of one transaction type.
type TypeStats struct {
	Type string `json:"type"`
	StatsSums
	// Entries is how many there are.
	Entries int64 `json:"entries"`
}

// Stats sums entries over a time, by type, and as a series with the days,
// weeks or months of the caller's time zone: as long as they really are there,
// with the hours that daylight saving adds or takes. Entries count at the
// ledger's time; rows of other programs at their created_at, undated ones not
// at all. Holds, releases and timeouts move no credits and do not show.
//
// For one account it reads that account's history; for all accounts it reads
// all of credits_trans, so run it where that does no harm. The sums and the
// numbers of active users are read one after the other: in a transaction with a
// snapshot they are of the same moment.
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
