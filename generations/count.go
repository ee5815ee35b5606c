package generations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/moment"
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
// of the four. It reads one index entry per generation counted, so give it a time
// range if there are millions.
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
	of := func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Column("status").ColumnExpr("COUNT(*) AS n").Group("status")
		if p.UserUUID != "" {
			q = q.Where("user_uuid = ?", p.UserUUID)
		}
		return moment.Within(q, "created_at", from, to)
	}
	var rows []struct {
		Status Status
		N      int64
	}
	err = db.NewRaw("? UNION ALL ?", of(db.NewSelect().Model((*Generation)(nil))),
		of(archived.Generations.Half(db, (*Generation)(nil)))).Scan(ctx, &rows)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	counts := map[Status]int64{StatusPending: 0, StatusProcessing: 0, StatusCompleted: 0, StatusFailed: 0}
	for _, row := range rows {
		is, _ := row.Status.Foreign()
		counts[is] += row.N
	}
	return counts, nil
}
