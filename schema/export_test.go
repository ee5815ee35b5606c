package schema

import "github.com/uptrace/bun"

// Table and Column let external tests see what models want.
type (
	Table  = modelTable
	Column = modelColumn
)

// Read reads models as a push does.
func Read(db *bun.DB, models []any) ([]Table, error) { return readModels(db, models) }

// WithCuts has a push end with what cuts returns or panics with, before or after the
// statement of each change.
func (o Options) WithCuts(cuts func(change int, after bool) error) Options {
	o.cuts = cuts
	return o
}

// WithCuts is that of Options, for an undo.
func (p UndoParams) WithCuts(cuts func(change int, after bool) error) UndoParams {
	p.cuts = cuts
	return p
}
