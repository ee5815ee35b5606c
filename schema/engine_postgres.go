package schema

import (
	"context"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
)

type postgresEngine struct{}

func (postgresEngine) open(q atlas.ExecQuerier) (migrate.Driver, error) { return postgres.Open(q) }

func (postgresEngine) table(*atlas.Table) {}

func (postgresEngine) inlineIndexes() bool { return false }

func (postgresEngine) rollsBack() bool { return true }

func (postgresEngine) column(c modelColumn) *atlas.Column {
	col := atlas.NewColumn(c.Name).SetType(postgresType(c)).SetNull(!c.NotNull)
	if c.Default != "" {
		col.SetDefault(&atlas.RawExpr{X: c.Default})
	}
	if c.AutoIncrement {
		col.AddAttrs(&postgres.Identity{
			Generation: "BY DEFAULT",
			Sequence:   &postgres.Sequence{Start: 1, Increment: 1},
		})
	}
	return col
}

// postgresType is the declared type. Text compares byte for byte already.
func postgresType(c modelColumn) atlas.Type {
	switch c.Type {
	case "bigint", "integer", "smallint":
		return &atlas.IntegerType{T: c.Type}
	case "boolean":
		return &atlas.BoolType{T: c.Type}
	case "varchar":
		return &atlas.StringType{T: postgres.TypeVarChar, Size: c.Size}
	case "timestamptz":
		return &atlas.TimeType{T: postgres.TypeTimestampTZ}
	case "double precision":
		return &atlas.FloatType{T: postgres.TypeDouble}
	}
	return &atlas.StringType{T: postgres.TypeText}
}

func (postgresEngine) index(idx *atlas.Index, where string) {
	if where != "" {
		idx.AddAttrs(&postgres.IndexPredicate{P: where})
	}
}

func (postgresEngine) addColumns(
	ctx context.Context, drv migrate.Driver, t *atlas.Table, cols []*atlas.Column, _ bool,
) ([]Change, error) {
	return planColumns(ctx, drv, t, cols)
}
