package credits

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/store"
)

// lockRowsMySQL locks accounts' rows one by one, each by its primary key. One SELECT with a
// list of keys would do, but for a small table the planner then reads, and locks, all rows.
// And with another unique index at REPEATABLE READ, MariaDB locks the gap before the row that
// it finds. One statement combines many such reads on servers where a UNION of them locks.
func (b *book) lockRowsMySQL(ctx context.Context, users []string) ([]Account, error) {
	from := "(SELECT " + store.Columns[Account](b.db, "a") + " FROM credits AS a "
	var rows []Account
	most := 1
	if b.caps.LocksInUnions() {
		most = unionAccounts
	}
	for len(users) > 0 {
		n := min(len(users), most)
		parts := make([]string, n)
		var args []any
		for i, user := range users[:n] {
			parts[i] = from + "WHERE a.user_uuid = ? FOR UPDATE)"
			if id, ok := b.ids[user]; ok {
				parts[i] = from + "FORCE INDEX (PRIMARY) WHERE a.id = ? AND a.user_uuid = ? FOR UPDATE)"
				args = append(args, id)
			}
			args = append(args, user)
		}
		var chunk []Account
		if err := b.db.NewRaw(strings.Join(parts, " UNION ALL "), args...).Scan(ctx, &chunk); err != nil {
			return nil, err
		}
		rows = append(rows, chunk...)
		users = users[n:]
	}
	return rows, nil
}

// identify reads the ids of rows that were just inserted. A row that others inserted after
// the snapshot was taken is not visible, and is locked by its other key.
func (b *book) identify(ctx context.Context, inserted []*Account) error {
	users := make([]string, len(inserted))
	for i, a := range inserted {
		users[i] = a.UserUUID
	}
	var rows []Account
	err := b.db.NewRaw("SELECT id, user_uuid FROM credits WHERE user_uuid IN (?)", bun.List(users)).Scan(ctx, &rows)
	for _, row := range rows {
		b.ids[row.UserUUID] = row.ID
	}
	return err
}

// rowChange is a row that exists, by its key, with the values of the columns
// that changed.
type rowChange struct {
	user   string
	number int64
	values []any
}

// maxChanges limits the rows of one UPDATE, whose length grows with them.
const maxChanges = 100

// updateRowsMySQL writes columns of existing rows, each by its primary key (user_uuid,
// number). At REPEATABLE READ an upsert would also lock the gap before each row, and the gap
// before an account's first row belongs to another account.
func (b *book) updateRowsMySQL(ctx context.Context, table, number string, columns []string, rows []rowChange) error {
	for len(rows) > 0 {
		n := min(len(rows), maxChanges)
		q := b.db.NewUpdate().TableExpr(table + " FORCE INDEX (PRIMARY)")
		for i, column := range columns {
			expr, args := caseOf(column, number, i, rows[:n])
			q = q.Set(expr, args...)
		}
		_, err := q.WhereGroup(" AND ", func(q *bun.UpdateQuery) *bun.UpdateQuery {
			for _, row := range rows[:n] {
				q = q.WhereOr("user_uuid = ? AND "+number+" = ?", row.user, row.number)
			}
			return q
		}).Exec(ctx)
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// caseOf is the assignment of a column: a plain value for one row, a CASE for
// several.
func caseOf(column, number string, i int, rows []rowChange) (string, []any) {
	if len(rows) == 1 {
		return column + " = ?", []any{rows[0].values[i]}
	}
	var args []any
	for _, row := range rows {
		args = append(args, row.user, row.number, row.values[i])
	}
	return column + " = CASE" + strings.Repeat(" WHEN user_uuid = ? AND "+number+" = ? THEN ?", len(rows)) + " END", args
}
