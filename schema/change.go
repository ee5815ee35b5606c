package schema

import (
	"context"
	"fmt"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
)

// Kind is a kind of [Change].
type Kind string

// The changes that a push makes. It makes no other: nothing is ever dropped,
// renamed, narrowed or rewritten.
const (
	AddTable   Kind = "add table"
	AddColumns Kind = "add column"
	AddIndex   Kind = "add index"
)

// Change is one statement of a push and what it is for.
type Change struct {
	// Kind says what is added.
	Kind Kind
	// Table is the table that is created or added to.
	Table string
	// Columns are the columns that are added, for AddColumns.
	Columns []string
	// Index is the index that is added, for AddIndex.
	Index string
	// Statement is the SQL that makes the change.
	Statement string
	// Reverse is the SQL that takes it back, in this order.
	Reverse []string
}

// planTable renders CREATE TABLE and, where they are statements of their own,
// its indexes.
func planTable(ctx context.Context, eng engine, drv migrate.Driver, t *atlas.Table) ([]Change, error) {
	var indexes []*atlas.Index
	if !eng.inlineIndexes() {
		t.Indexes, indexes = nil, t.Indexes
	}
	created, err := plan(ctx, drv, Change{Kind: AddTable, Table: t.Name}, &atlas.AddTable{T: t})
	if err != nil {
		return nil, err
	}
	changes := []Change{created}
	for _, idx := range indexes {
		added, err := planIndex(ctx, drv, t, idx)
		if err != nil {
			return nil, err
		}
		changes = append(changes, added)
	}
	return changes, nil
}

// planColumns renders one ALTER TABLE that adds cols.
func planColumns(ctx context.Context, drv migrate.Driver, t *atlas.Table, cols []*atlas.Column) ([]Change, error) {
	change := Change{Kind: AddColumns, Table: t.Name}
	modify := &atlas.ModifyTable{T: t}
	for _, col := range cols {
		change.Columns = append(change.Columns, col.Name)
		modify.Changes = append(modify.Changes, &atlas.AddColumn{C: col})
	}
	added, err := plan(ctx, drv, change, modify)
	return []Change{added}, err
}

// planIndex renders one index of a table that exists.
func planIndex(ctx context.Context, drv migrate.Driver, t *atlas.Table, idx *atlas.Index) (Change, error) {
	change := Change{Kind: AddIndex, Table: t.Name, Index: idx.Name}
	return plan(ctx, drv, change, &atlas.ModifyTable{T: t, Changes: []atlas.Change{&atlas.AddIndex{I: idx}}})
}

// plan has atlas render one change, which has to come out as one statement.
func plan(ctx context.Context, drv migrate.Driver, change Change, what atlas.Change) (Change, error) {
	planned, err := drv.PlanChanges(ctx, "push", []atlas.Change{what})
	if err != nil {
		return change, fmt.Errorf("schema: plan to %s of %s: %w", change.Kind, change.Table, err)
	}
	if n := len(planned.Changes); n != 1 || len(planned.Changes[0].Args) > 0 {
		return change, fmt.Errorf("schema: to %s of %s takes %d statements, not one: refused", change.Kind, change.Table, n)
	}
	change.Statement = planned.Changes[0].Cmd
	change.Reverse, err = planned.Changes[0].ReverseStmts()
	return change, err
}
