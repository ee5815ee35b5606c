package page

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/list"
)

// unreadable reports whether an error is of what a row holds: the engine had none.
func unreadable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	_, engine := errors.AsType[*dialect.Error](err)
	return !engine
}

// blame finds which of the rows that query reads caused its error. A page is read row by
// row for it, which only a list that has failed does.
func (l List[T]) blame(ctx context.Context, db bun.IDB, from position, limit int, column string, cause error) error {
	which, ordered := l.selects(db, from, column)
	halves := []func() *bun.SelectQuery{func() *bun.SelectQuery { return db.NewSelect().Model((*T)(nil)) }}
	if l.Archive != "" {
		halves = append(halves, func() *bun.SelectQuery { return l.Archive.Half(db, (*T)(nil)) })
	}
	for i, half := range halves {
		var ids []int64
		q := db.NewSelect().ColumnExpr("listed.id").TableExpr("(?) AS listed", ordered(which(half())).Limit(int64(limit)))
		if err := q.Scan(ctx, &ids); err != nil {
			return errors.Join(cause, dialect.Classify(err))
		}
		for _, id := range ids {
			row := make([]T, 0, 1)
			q := db.NewSelect().Model(&row)
			if i > 0 {
				q = q.ModelTableExpr(l.Archive.Archive() + " AS ?TableAlias")
			}
			err := which(q).Where("?TableAlias.id = ?", id).Scan(ctx)
			if err = dialect.Classify(err); unreadable(err) {
				return &list.RowError{Table: l.table(db), ID: id, Err: err}
			}
		}
	}
	return cause
}

// inOrder checks that rows which have a time follow from, and one another, as they read:
// a driver may read another time than the engine compares, and a cursor of that would lead
// back, or be refused.
func (l List[T]) inOrder(db bun.IDB, from position, rows []T, column string) error {
	caps := dialect.Of(db)
	for i := range rows {
		at, id := l.Place(&rows[i])
		at = at.Truncate(time.Microsecond) // as engines compare
		if zeroDate := at.IsZero() && caps.IsMySQL(); !zeroDate && !moment.Held(caps, at) {
			return l.misread(db, id, "%s reads as %s, which is no time of %s", column, at.Format(time.RFC3339Nano), caps.Engine)
		}
		if after := at.Compare(from.at); !from.isStart() && (after > 0 || after == 0 && id >= from.id) {
			return l.misread(db, id, "%s reads as %s, but the engine has it not after %s", column,
				at.Format(time.RFC3339Nano), from.at.Format(time.RFC3339Nano))
		}
		from = position{timed: true, at: at, id: id}
	}
	return nil
}

func (l List[T]) misread(db bun.IDB, id int64, format string, args ...any) error {
	return &list.RowError{Table: l.table(db), ID: id, Err: fmt.Errorf(format, args...)}
}

func (l List[T]) table(db bun.IDB) string {
	return db.Dialect().Tables().Get(reflect.TypeFor[T]()).Name
}
