package rows

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// insertMySQL catches the violation: on MySQL a failed statement leaves the
// transaction as it was. INSERT IGNORE would cut and convert values silently,
// and the row count of ON DUPLICATE KEY UPDATE depends on a connection flag.
//
// The row that is there is looked for plainly in a caller's transaction, unless its plain
// reads are known to show what is there no more. At REPEATABLE READ a refused INSERT locks
// the gap before that row, and on MySQL, which keeps the locks of what it undoes, the end of
// the table, where everybody's rows go.
func insertMySQL(ctx context.Context, tx bun.Tx, model any) (bool, error) {
	if LocksGaps(ctx, tx) && !isBehind(tx) {
		if taken, err := takenMySQL(ctx, tx, model); taken || err != nil {
			return false, err
		}
	}
	_, err := Current(tx).NewInsert().Model(model).Exec(ctx)
	if err = dialect.Classify(err); errors.Is(err, dialect.ErrUnique) {
		return false, nil
	}
	return err == nil, err
}

// takenMySQL reports whether a plain read shows a row that has one of the model's
// unique keys.
func takenMySQL(ctx context.Context, tx bun.Tx, model any) (bool, error) {
	indexed, ok := model.(dialect.Indexed)
	if !ok {
		return false, nil
	}
	sharded, isSharded := model.(dialect.Sharded)
	row := reflect.ValueOf(model).Elem()
	table := tx.Dialect().Tables().Get(row.Type())
	for _, index := range indexed.Indexes() {
		if !index.Unique || isSharded && !slices.Contains(index.Columns, sharded.ShardKey()) {
			continue // would ask all shards; over them it has the shard's column besides
		}
		q, ok := keyQuery(tx.NewSelect().Model(model).ColumnExpr("1").Limit(1), table, row, index.Columns)
		if !ok {
			continue
		}
		if n, err := Count(ctx, q); n > 0 || err != nil {
			return n > 0, err
		}
	}
	return false, nil
}

// keyQuery restricts q to rows with the key that the model has in an index, if
// none of its columns is to be NULL, which is equal to nothing.
func keyQuery(q *bun.SelectQuery, table *schema.Table, row reflect.Value, columns []string) (*bun.SelectQuery, bool) {
	for _, column := range columns {
		field := table.FieldMap[column]
		if field.NullZero && field.HasZeroValue(row) {
			return q, false
		}
		q = q.Where("? = ?", bun.Ident(column), field.Value(row).Interface())
	}
	return q, true
}
