package schema

import (
	"context"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	atlas "ariga.io/atlas/sql/schema"
)

// The character set of every text, the collation of free text (the one that
// MySQL, MariaDB and TiDB all have), and the one that compares bytes.
const (
	mysqlCharset = "utf8mb4"
	mysqlText    = "utf8mb4_unicode_ci"
	mysqlExact   = "utf8mb4_bin"
)

// mysqlEngine is MySQL and MariaDB, and what speaks like them.
type mysqlEngine struct{}

func (mysqlEngine) open(q atlas.ExecQuerier) (migrate.Driver, error) { return mysql.Open(q) }

// table states what a server's configuration could otherwise choose.
func (mysqlEngine) table(t *atlas.Table) {
	t.SetCharset(mysqlCharset).SetCollation(mysqlText).AddAttrs(&mysql.Engine{V: mysql.EngineInnoDB})
}

func (mysqlEngine) inlineIndexes() bool { return true }

func (mysqlEngine) rollsBack() bool { return false }

func (mysqlEngine) column(c modelColumn) *atlas.Column {
	col := atlas.NewColumn(c.Name).SetType(mysqlType(c)).SetNull(!c.NotNull)
	if c.Default != "" {
		col.SetDefault(&atlas.RawExpr{X: c.Default})
	}
	if c.AutoIncrement {
		col.AddAttrs(&mysql.AutoIncrement{})
	}
	if _, text := col.Type.Type.(*atlas.StringType); text {
		col.SetCharset(mysqlCharset) // spelled only where the table's differs
		if c.Compare == compareExact {
			col.SetCollation(mysqlExact)
		}
	}
	return col
}

// mysqlType is the declared type. A text is a mediumtext, because MySQL's text
// ends at 64 KiB; a time is a datetime with microseconds, because a timestamp
// ends in 2038 and both drop fractions unless told.
func mysqlType(c modelColumn) atlas.Type {
	switch c.Type {
	case "bigint", "smallint":
		return &atlas.IntegerType{T: c.Type}
	case "integer":
		return &atlas.IntegerType{T: mysql.TypeInt}
	case "boolean":
		return &atlas.BoolType{T: mysql.TypeBool}
	case "varchar":
		if c.Compare == compareBytes {
			size := c.Size
			return &atlas.BinaryType{T: mysql.TypeVarBinary, Size: &size}
		}
		return &atlas.StringType{T: mysql.TypeVarchar, Size: c.Size}
	case "timestamptz":
		micros := 6
		return &atlas.TimeType{T: mysql.TypeDateTime, Precision: &micros}
	case "double precision":
		return &atlas.FloatType{T: mysql.TypeDouble}
	}
	return &atlas.StringType{T: mysql.TypeMediumText}
}

// index drops the condition: MySQL has no partial indexes and indexes every
// row.
func (mysqlEngine) index(*atlas.Index, string) {}

func (mysqlEngine) addColumns(
	ctx context.Context, drv migrate.Driver, t *atlas.Table, cols []*atlas.Column, _ bool,
) ([]Change, error) {
	return planColumns(ctx, drv, t, cols)
}
