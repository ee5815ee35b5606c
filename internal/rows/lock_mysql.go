package rows

import (
	"context"
	"reflect"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// lockSeen is Lock by a plain read and then by the primary key: MariaDB locks the
// gap before a row that it finds by any other one. Both read the whole row, which tells
// whether plain reads are too old ([Now]).
func lockSeen(ctx context.Context, tx bun.Tx, model any, which func(q *bun.SelectQuery) *bun.SelectQuery) error {
	seen := reflect.New(reflect.TypeOf(model).Elem()).Interface()
	if err := which(tx.NewSelect().Model(seen)).Scan(ctx); err != nil {
		return err
	}
	id := tx.Dialect().Tables().Get(reflect.TypeOf(model)).FieldMap["id"].Value(reflect.ValueOf(seen).Elem()).Int()
	q := which(tx.NewSelect().Model(model)).Where("?TableAlias.id = ?", id).ForceIndex("PRIMARY")
	err := ForUpdate(q, tx).Scan(ctx)
	compare(tx, seen, model)
	return err
}

// eachSeen is Each by a plain read and then by primary keys.
func eachSeen(
	ctx context.Context, tx bun.Tx, model any, change func(where string, args ...any) (int64, error),
	where string, args []any,
) (changed int64, err error) {
	var ids []int64
	if err := tx.NewSelect().Model(model).Column("id").Where(where, args...).OrderExpr("id").Scan(ctx, &ids); err != nil {
		return 0, dialect.Classify(err)
	}
	for _, id := range ids {
		n, err := change("id = ? AND ("+where+")", append([]any{id}, args...)...)
		if err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}
