package users

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// CountParams bound the sign-ups counted in SignedUp.
type CountParams struct {
	// From counts sign-ups at or after it, zero from the beginning.
	From time.Time
	// To counts sign-ups before it, zero to the end.
	To time.Time
}

// CountResult has numbers of users.
type CountResult struct {
	// Users is the number of users. Deleted users are counted only in Deleted
	// and SignedUp.
	Users int64 `json:"users"`
	// SignedUp is how many signed up between From and To, including those
	// deleted since.
	SignedUp int64 `json:"signed_up"`
	// Affiliates are members of the affiliate program.
	Affiliates int64 `json:"affiliates"`
	// Invited have a referrer.
	Invited int64 `json:"invited"`
	// Deleted have been anonymized.
	Deleted int64 `json:"deleted"`
}

// Count counts users in one statement that reads indexes only. Without From and
// To it reads an index of all users, which takes a while for millions.
//
// Errors: *InvalidError for an impossible time, and *dialect.Error when the
// engine fails.
func Count(ctx context.Context, db bun.IDB, p CountParams) (*CountResult, error) {
	since, sinceErr := valid.Bound("From", p.From)
	until, untilErr := valid.Bound("To", p.To)
	if err := valid.First(sinceErr, untilErr); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	type where = func(q *bun.SelectQuery) *bun.SelectQuery
	invited := func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("?TableAlias.invited_by <> ''") }
	q := db.NewSelect()
	for _, n := range []struct {
		name  string
		where where
	}{
		{"everybody", func(q *bun.SelectQuery) *bun.SelectQuery { return q }},
		{"signed_up", func(q *bun.SelectQuery) *bun.SelectQuery {
			return moment.Within(q.Where("?TableAlias.created_at IS NOT NULL"), "?TableAlias.created_at", since, until)
		}},
		{"deleted", isDeleted},
		{"affiliates", func(q *bun.SelectQuery) *bun.SelectQuery { return isAffiliate(notDeleted(q)) }},
		{"invited", invited},
		{"uninvited", func(q *bun.SelectQuery) *bun.SelectQuery { return isDeleted(invited(q)) }},
	} {
		q = q.ColumnExpr("(?) AS ?", n.where(db.NewSelect().Model((*User)(nil)).ColumnExpr("COUNT(*)")), bun.Ident(n.name))
	}
	var found struct {
		Everybody, SignedUp, Deleted, Affiliates, Invited, Uninvited int64
	}
	if err := q.Scan(ctx, &found); err != nil {
		return nil, dialect.Classify(err)
	}
	return &CountResult{
		Users: found.Everybody - found.Deleted, SignedUp: found.SignedUp, Affiliates: found.Affiliates,
		Invited: found.Invited - found.Uninvited, Deleted: found.Deleted,
	}, nil
}

// SignUpsPerDayParams name a time range and how to divide it.
type SignUpsPerDayParams struct {
	// From and To are the time range: From is included, To is not. A zero To means
	// the end of the day of At.
	From, To time.Time
	// Period divides the range; calendar.None means days.
	Period calendar.Unit
	// Days is the number of days if From is zero: 1 to 366; 0 means 90. The
	// series begins with the period that contains the first of them.
	Days int
	// Location is the time zone of the days; nil means UTC.
	Location *time.Location
	// At is a moment on the last day; zero means now.
	At time.Time
}

// SignUpsPerDayResult is how many users signed up, by period.
type SignUpsPerDayResult struct {
	// Days are all periods in order, including those without sign-ups.
	Days []DaySignUps `json:"days,omitempty"`
	// Total is the sum over all days.
	Total int64 `json:"total"`
}

// DaySignUps is one day, week or month.
type DaySignUps struct {
	// Date is the day, or the first of the week or month, as 2026-01-31.
	Date string `json:"date"`
	// From is its first moment and To that of the next period, in the Location.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Users is how many signed up, including those deleted since.
	Users int64 `json:"users"`
}

// SignUpsPerDay counts sign-ups per calendar day, week or month, oldest first,
// including periods without any. It reads an index, and only the range. Days of 23
// and 25 hours are counted as the time zone has them, the same on every engine.
//
// Errors: *InvalidError for a field of p and *dialect.Error when the engine
// fails.
func SignUpsPerDay(ctx context.Context, db bun.IDB, p SignUpsPerDayParams) (*SignUpsPerDayResult, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	span, err := days.Asked{From: p.From, To: p.To, Unit: p.Period, Location: p.Location, Days: p.Days, At: at}.Span()
	if err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	number, args := span.Number(dialect.Of(db), "created_at")
	var found []struct {
		Day   int
		Users int64
	}
	q := db.NewSelect().Model((*User)(nil)).
		ColumnExpr(number+" AS day", args...).ColumnExpr("COUNT(*) AS users").GroupExpr("day")
	err = span.Where(q, "created_at").Scan(ctx, &found)
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
