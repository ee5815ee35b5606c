package generations

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/width"
)

// tally is how many generations of a provider have a status in a period.
type tally struct {
	Period   int
	Provider string
	Status   Status
	// Name is that of a total, empty for generations that are in none.
	Name string
	N    width.Sum
}

// numbered is an expression for the number of the period of a row, or of a total.
type numbered struct {
	expr string
	args []any
}

// tallies reads what the parts of a time add up to, in one statement: by totals and by
// generations of both tables that are in none. Over shards it is by generations alone, as
// routers do not unite what they have on shards with what they have not.
func tallies(ctx context.Context, db bun.IDB, parts totals.Parts, row, total numbered) ([]tally, error) {
	var queries []*bun.SelectQuery
	sharded := dialect.Of(db).Sharded
	for _, half := range []func() *bun.SelectQuery{
		func() *bun.SelectQuery { return db.NewSelect().Model((*Generation)(nil)) },
		func() *bun.SelectQuery { return archived.Generations.Half(db, (*Generation)(nil)) },
	} {
		of := func() *bun.SelectQuery {
			return half().ColumnExpr(row.expr+" AS period", row.args...).
				ColumnExpr(totals.Text(db, "provider") + " AS provider").ColumnExpr(totals.Text(db, "status") + " AS status").
				ColumnExpr("'' AS name").ColumnExpr("COUNT(*) AS n").GroupExpr("1, 2, 3")
		}
		queries = append(queries, parts.Rows("created_at", of)...)
		if sharded {
			queries = append(queries, parts.Marked("created_at", of))
		}
	}
	if !sharded {
		queries = append(queries, parts.Kept(db, generationTotals).ColumnExpr(total.expr+" AS period", total.args...).
			ColumnExpr("'' AS provider").ColumnExpr("'' AS status").ColumnExpr(totals.Text(db, "name")+" AS name").
			ColumnExpr("SUM(n) AS n").GroupExpr("1, 4"))
	}
	var found []tally
	if err := totals.Union(db, queries...).Scan(ctx, &found); err != nil {
		return nil, dialect.Classify(err)
	}
	for i := range found {
		if f := &found[i]; f.Name != "" {
			f.Status, f.Provider = named(f.Name)
		}
		found[i].Status, _ = found[i].Status.Foreign()
	}
	return found, nil
}
