package credits

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/totals"
)

// settling is how long a mark has to be old. A server gives an id and writes its row in
// one statement, which is not instantaneous.
const settling = time.Minute

// settledMark is the id up to which entries can be counted: no transaction may still add
// one below it. There is none before the mark is old enough.
func settledMark(ctx context.Context, tx bun.Tx, at time.Time) (to int64, settled bool, err error) {
	mark, err := readState(ctx, tx, markRow)
	if err != nil || mark == nil || at.Unix()-mark.N < int64(settling/time.Second) {
		return 0, false, err
	}
	if dialect.Of(tx).Engine == dialect.PostgreSQL {
		ended, err := allEndedPostgres(ctx, tx, mark.Gross)
		return mark.Start, ended, err
	}
	return mark.Start, true, nil
}

// renewMark marks how far the table goes now, unless the mark that there is has still to
// settle.
func renewMark(ctx context.Context, tx bun.Tx, at time.Time) error {
	mark, err := readState(ctx, tx, markRow)
	if err != nil {
		return err
	}
	if mark != nil {
		waits, err := waiting(ctx, tx, mark, at)
		if err != nil || waits {
			return err
		}
	}
	next := totals.Sum{Name: markRow, N: at.Unix()}
	var last struct{ N, ID int64 }
	highest := "SELECT MAX(id) AS id FROM credits_trans"
	err = tx.NewRaw("SELECT COUNT(id) AS n, COALESCE(MAX(id), 0) AS id FROM ("+highest+" UNION ALL "+archived.Entries.Of(highest)+") AS ends").
		Scan(ctx, &last)
	if err != nil || last.N == 0 {
		return err
	}
	if dialect.Of(tx).Engine == dialect.PostgreSQL { // after the id: who has one has begun
		if next.Gross, err = nextPostgres(ctx, tx); err != nil {
			return err
		}
	}
	return writeState(ctx, tx, last.ID, next)
}

// waiting reports whether a mark will settle.
func waiting(ctx context.Context, tx bun.Tx, mark *totals.Total, at time.Time) (bool, error) {
	age := at.Unix() - mark.N
	if age >= 0 && age < int64(settling/time.Second) {
		return true, nil
	}
	if dialect.Of(tx).Engine != dialect.PostgreSQL {
		return false, nil
	}
	next, err := nextPostgres(ctx, tx)
	if err != nil || mark.Gross > next { // another server's
		return false, err
	}
	ended, err := allEndedPostgres(ctx, tx, mark.Gross)
	return !ended, err
}

// readState reads a row of the state of the counting, nil for none.
func readState(ctx context.Context, tx bun.Tx, name string) (*totals.Total, error) {
	row := new(totals.Total)
	err := isState(tx.NewSelect().Model(row), name).OrderExpr("id DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return row, err
}

// writeState replaces such a row.
func writeState(ctx context.Context, tx bun.Tx, start int64, sum totals.Sum) error {
	_, err := tx.NewDelete().Model((*totals.Total)(nil)).Where("series = ?", segmentsSeries).Where("width = 0").
		Where("name = ?", sum.Name).Exec(ctx)
	if err != nil {
		return err
	}
	row := &totals.Total{Series: segmentsSeries, Start: start, Sum: sum}
	_, err = tx.NewInsert().Model(row).ExcludeColumn("id").Exec(ctx)
	return err
}

func isState(q *bun.SelectQuery, name string) *bun.SelectQuery {
	return q.Where("series = ?", segmentsSeries).Where("width = 0").Where("name = ?", name)
}

// freeOfLocks reports whether nobody holds an entry of a range.
func freeOfLocks(ctx context.Context, tx bun.Tx, r idRange) (bool, error) {
	if dialect.Of(tx).IsMySQL() {
		return freeOfLocksMySQL(ctx, tx, r)
	}
	return true, nil
}
