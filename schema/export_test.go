package schema

import "github.com/uptrace/bun"

// Table and Column let external tests see what models want.
type (
	Table  = modelTable
	Column = modelColumn
)

// Read reads models as a push does.
func Read(db *bun.DB, models []any) ([]Table, error) { return readModels(db, models) }
