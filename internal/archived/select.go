package archived

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/rows"
)

// Which is what a query asks of a table.
type Which = func(*bun.SelectQuery) *bun.SelectQuery

// Half is a query for rows of the archive; row is a nil pointer to the table's model.
func (t Table) Half(db bun.IDB, row any) *bun.SelectQuery {
	return db.NewSelect().Model(row).ModelTableExpr(t.Archive() + " AS ?TableAlias")
}

// Select is a query for rows of both tables, which are read into a model's rows. What
// which asks stands in both halves.
func (t Table) Select(db bun.IDB, into, row any, which Which) *bun.SelectQuery {
	return db.NewSelect().Model(into).ModelTableExpr("(? UNION ALL ?) AS ?TableAlias",
		which(db.NewSelect().Model(row)), which(t.Half(db, row)))
}

// First is Select for the first rows in an order: those of either half, by its own
// index, each as many as limit. The caller puts them in order.
func (t Table) First(db bun.IDB, into, row any, limit int, which, ordered Which) *bun.SelectQuery {
	half := func(q *bun.SelectQuery) *bun.SelectQuery { return ordered(which(q)).Limit(int64(limit)) }
	//nolint:unqueryvet // what the halves select
	return db.NewSelect().Model(into).ModelTableExpr(
		"(SELECT * FROM (?) AS live UNION ALL SELECT * FROM (?) AS archived) AS ?TableAlias",
		half(db.NewSelect().Model(row)), half(t.Half(db, row)))
}

// Lock locks a row of the archive by its id and its user, and reads it into model, a
// pointer to the table's model. It returns sql.ErrNoRows where there is none.
func (t Table) Lock(ctx context.Context, tx bun.Tx, model any, user string, id int64) error {
	return rows.ForUpdate(t.Half(tx, model).Where("?TableAlias.user_uuid = ?", user).Where("?TableAlias.id = ?", id), tx).Scan(ctx)
}
