package users

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
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

// Count counts users in one statement that reads indexes only. It reads an entry for
// each user who was invited, is deleted or is an affiliate, and for every other user
// where [KeepTotals] does not run.
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
	found, err := readCounts(ctx, db, since, until)
	if err != nil {
		return nil, err
	}
	return &CountResult{
		Users: int64(found.Everybody - found.Deleted), SignedUp: int64(found.SignedUp), Affiliates: int64(found.Affiliates),
		Invited: int64(found.Invited - found.Uninvited), Deleted: int64(found.Deleted),
	}, nil
}

// counts are what the database counted.
type counts struct {
	Everybody, SignedUp, Deleted, Affiliates, Invited, Uninvited width.Sum
}

// readCounts counts in one statement, everybody and sign-ups by totals and those who are
// in none.
func readCounts(ctx context.Context, db bun.IDB, since, until time.Time) (counts, error) {
	count := func() *bun.SelectQuery { return db.NewSelect().Model((*User)(nil)).ColumnExpr("COUNT(*)") }
	invited := func() *bun.SelectQuery { return count().Where("?TableAlias.invited_by <> ''") }
	kept := func(p totals.Parts) *bun.SelectQuery {
		return p.Kept(db, signUpTotals).ColumnExpr("COALESCE(SUM(n), 0)")
	}

	during := totals.Between(since, until)
	signedUp := append(during.Rows("?TableAlias.created_at", func() *bun.SelectQuery {
		return count().Where("?TableAlias.created_at IS NOT NULL")
	}), kept(during))
	q := db.NewSelect()
	for _, n := range []struct {
		name string
		sum  []*bun.SelectQuery
	}{
		{"everybody", []*bun.SelectQuery{count().Where("?TableAlias.counted IS NULL"), kept(totals.Between(time.Time{}, time.Time{}))}},
		{"signed_up", signedUp},
		{"deleted", []*bun.SelectQuery{isDeleted(count())}},
		{"affiliates", []*bun.SelectQuery{isAffiliate(notDeleted(count()))}},
		{"invited", []*bun.SelectQuery{invited()}},
		{"uninvited", []*bun.SelectQuery{isDeleted(invited())}},
	} {
		args := make([]any, 0, len(n.sum)+1)
		for _, one := range n.sum {
			args = append(args, one)
		}
		q = q.ColumnExpr("(?)"+strings.Repeat(" + (?)", len(n.sum)-1)+" AS ?", append(args, bun.Ident(n.name))...)
	}
	var found counts
	err := q.Scan(ctx, &found)
	return found, dialect.Classify(err)
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
// including periods without any. Days of 23 and 25 hours are counted as the time zone
// has them, the same on every engine.
//
// It reads an index, and only the range: one entry for each user or, where
// [KeepTotals] runs, one for each quarter of an hour, hour or day, whichever the zone
// needs. The numbers are the same.
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
	found, err := readSignUps(ctx, db, span)
	if err != nil {
		return nil, err
	}
	result := &SignUpsPerDayResult{Days: make([]DaySignUps, len(span.Dates))}
	for i, date := range span.Dates {
		result.Days[i] = DaySignUps{Date: date.Format(time.DateOnly), From: span.Edges[i], To: span.Edges[i+1]}
	}
	for _, f := range found {
		result.Days[f.Day].Users += int64(f.Users)
		result.Total += int64(f.Users)
	}
	return result, nil
}

// signUps is how many users the database counted in a period.
type signUps struct {
	Day   int
	Users width.Sum
}

// readSignUps counts the users of each period, by totals and by those who are in none.
func readSignUps(ctx context.Context, db bun.IDB, span *days.Span) ([]signUps, error) {
	parts := totals.Of(span)
	number, args := span.Number(dialect.Of(db), "created_at")
	queries := parts.Rows("created_at", func() *bun.SelectQuery {
		return db.NewSelect().Model((*User)(nil)).
			ColumnExpr(number+" AS day", args...).ColumnExpr("COUNT(*) AS users").GroupExpr("day")
	})
	number, args = parts.Number()
	queries = append(queries, parts.Kept(db, signUpTotals).
		ColumnExpr(number+" AS day", args...).ColumnExpr("SUM(n) AS users").GroupExpr("day"))
	var found []signUps
	err := totals.Union(db, queries...).Scan(ctx, &found)
	return found, dialect.Classify(err)
}
