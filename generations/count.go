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

// CountParams ask how many generations there are.
type CountParams struct {
	// UserUUID, when set, counts one user's.
	UserUUID string
	// From and To bound the time of creation, To excluded; zero is
	// unbounded, and then every row is counted.
	From, To time.Time
}

// CountByStatus counts generations by status, all four and whatever else other
// programs wrote. Words of an adopted database that mean one of the four count as it. It reads an index for as many rows as it counts: give it a
// period where there are millions.
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
