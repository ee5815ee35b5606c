package chameleon

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/tables"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/users"
)

// Push brings all of this module's tables to what this version needs, by additions
// only. It is [schema.Push] with all [Models]; a program that needs only some of
// them, such as the ledger, calls schema.Push with the models of the packages that it
// uses. The documentation of schema.Push on concurrent pushes, transactions and large
// tables applies here too. Outside a transaction, Push then calls [users.FillSearch],
// which fills the columns that users are searched by.
//
// Errors: those of schema.Push and users.FillSearch.
func Push(ctx context.Context, db bun.IDB) (*schema.Result, error) {
	result, err := schema.Push(ctx, db, Models()...)
	if err != nil {
		return result, err
	}
	if own, ok := db.(*bun.DB); ok {
		_, err = users.FillSearch(ctx, own, users.FillSearchParams{})
	}
	return result, err
}

// Plan is [schema.Plan] with all [Models]: it reports what Push would do and what it
// would leave alone.
//
// Errors: those of schema.Plan.
func Plan(ctx context.Context, db bun.IDB) (*schema.PlanReport, error) {
	return schema.Plan(ctx, db, Models()...)
}

// Status is [schema.Status] with all [Models]: it reports what was pushed and what
// is pending.
//
// Errors: those of schema.Status.
func Status(ctx context.Context, db bun.IDB) (*schema.StatusReport, error) {
	return schema.Status(ctx, db, Models()...)
}

// Undo is [schema.Undo]: it reverses the last push.
//
// Errors: those of schema.Undo.
func Undo(ctx context.Context, db bun.IDB, p schema.UndoParams) (*schema.UndoResult, error) {
	return schema.Undo(ctx, db, p)
}

// Models returns the models of all tables, in the order in which they are
// created.
func Models() []any { return tables.All() }
