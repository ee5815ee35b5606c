package users

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// CountParams bounds the sign-ups that are counted apart.
type CountParams struct {
	// From counts sign-ups at or after it, zero from the beginning.
	From time.Time
	// To counts sign-ups before it, zero to the end.
	To time.Time
}

// CountResult are numbers of users.
type CountResult struct {
	// Users is how many there are; deleted ones are counted in Deleted alone,
	// and in SignedUp.
	Users int64 `json:"users"`
	// SignedUp is how many signed up between From and To, deleted since or
	// not.
	SignedUp int64 `json:"signed_up"`
	// Affiliates are in the affiliate programme.
	Affiliates int64 `json:"affiliates"`
	// Invited were brought in by a referrer.
	Invited int64 `json:"invited"`
	// Deleted were anonymised.
	Deleted int64 `json:"deleted"`
}

// Count counts users, in one pass over the table.
//
// Errors: *InvalidError for a time that cannot be, and *dialect.Error when
// the engine fails.
func Count(ctx context.Context, db bun.IDB, p CountParams) (*CountResult, error) {
	since, until := p.From, p.To
	if until.IsZero() {
		until = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	if since.IsZero() {
		since = time.Unix(0, 0)
	}
	since, sinceErr := valid.Time("From", since)
	until, untilErr := valid.Time("To", until)
	if err := valid.First(sinceErr, untilErr); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	c := new(CountResult)
	err = db.NewSelect().Model((*User)(nil)).
		ColumnExpr("COUNT(CASE WHEN deleted_at IS NULL THEN 1 END) AS users").
		ColumnExpr("COUNT(CASE WHEN created_at >= ? AND created_at < ? THEN 1 END) AS signed_up", since, until).
		ColumnExpr("COUNT(CASE WHEN deleted_at IS NULL AND is_affiliate = ? THEN 1 END) AS affiliates", true).
		ColumnExpr("COUNT(CASE WHEN deleted_at IS NULL AND invited_by <> '' THEN 1 END) AS invited").
		ColumnExpr("COUNT(CASE WHEN deleted_at IS NOT NULL THEN 1 END) AS deleted").
		Scan(ctx, c)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	return c, nil
}

// SignUpsPerDayParams says which days to count.
type SignUpsPerDayParams struct {
	// Days is how many, the last of them the one that At lies in: 1 to 366, and
	// 0 means 90.
	Days int
	// Location is whose days they are; nil means UTC.
	Location *time.Location
	// At is a moment of the last day; zero means now.
	At time.Time
}

// SignUpsPerDayResult is how many users signed up, by day.
type SignUpsPerDayResult struct {
	// Days are all days, the first one first, those without sign-ups included.
	Days []DaySignUps `json:"days,omitempty"`
	// Total is the sum over all days.
	Total int64 `json:"total"`
}

// DaySignUps is one day.
type DaySignUps struct {
	// Date is the day, as 2026-01-31.
	Date string `json:"date"`
	// From is its first moment, To that of the next day, in the Location.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Users signed up on it, deleted since or not.
	Users int64 `json:"users"`
}

// SignUpsPerDay counts sign-ups per calendar day, the oldest day first, with
// days without any as 0. Days of 23 and 25 hours are counted as their zone has
// them, on every engine alike.
//
// Errors: *InvalidError for a field of p and *dialect.Error when the engine
// fails.
func SignUpsPerDay(ctx context.Context, db bun.IDB, p SignUpsPerDayParams) (*SignUpsPerDayResult, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	span, err := days.Last("Days", p.Days, at, p.Location)
	if err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	number, args := span.Number("created_at")
	var found []struct {
		Day   int
		Users int64
	}
	err = db.NewSelect().Model((*User)(nil)).
		ColumnExpr(number+" AS day", args...).ColumnExpr("COUNT(*) AS users").
		Where("created_at >= ?", span.First()).Where("created_at < ?", span.End()).
		GroupExpr("day").Scan(ctx, &found)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	result := &SignUpsPerDayResult{Days: make([]DaySignUps, len(span.Dates))}
	for i, date := range span.Dates {
		result.Days[i] = DaySignUps{Date: date.Format(time.DateOnly), From: span.Edges[i], To: span.Edges[i+1]}
	}
	for _, f := range found {
		result.Days[f.Day].Users = f.Users
		result.Total += f.Users
	}
	return result, nil
}
