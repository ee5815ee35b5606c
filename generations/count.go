package generations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// CountParams say which generations to count.
type CountParams struct {
	// UserUUID, when set, counts only that user's.
	UserUUID string
	// From and To bound the time of creation: From is included, To is not; zero
	// is no bound.
	From, To time.Time
}

// CountByStatus counts generations by status: the four of this package and whatever
// else other programs wrote. Equivalent statuses of an adopted database count as one
// of the four. For one user it reads one index entry per generation counted, for all of
// them what [Stats] reads.
//
// Errors: *InvalidError for a field of p; *dialect.Error when the engine fails.
func CountByStatus(ctx context.Context, db bun.IDB, p CountParams) (map[Status]int64, error) {
	if p.UserUUID != "" {
		if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
			return nil, err
		}
	}
	from, fromErr := valid.Bound("From", p.From)
	to, toErr := valid.Bound("To", p.To)
	if err := valid.First(fromErr, toErr); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	found, err := p.tallies(ctx, db, from, to)
	if err != nil {
		return nil, err
	}
	counts := map[Status]int64{StatusPending: 0, StatusProcessing: 0, StatusCompleted: 0, StatusFailed: 0}
	for _, f := range found {
		counts[f.Status] += int64(f.N)
	}
	return counts, nil
}

// tallies counts the user's generations, or by totals those of everybody.
func (p CountParams) tallies(ctx context.Context, db bun.IDB, from, to time.Time) (found []tally, err error) {
	if p.UserUUID == "" {
		return tallies(ctx, db, totals.Between(from, to), numbered{expr: "0"}, numbered{expr: "0"})
	}
	of := func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Column("status").ColumnExpr("COUNT(*) AS n").Group("status").Where("user_uuid = ?", p.UserUUID)
		return moment.Within(q, "created_at", from, to)
	}
	err = db.NewRaw("? UNION ALL ?", of(db.NewSelect().Model((*Generation)(nil))),
		of(archived.Generations.Half(db, (*Generation)(nil)))).Scan(ctx, &found)
	for i := range found {
		found[i].Status, _ = found[i].Status.Foreign()
	}
	return found, dialect.Classify(err)
}
