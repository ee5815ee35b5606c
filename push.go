package chameleon

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/tables"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/users"
)

// Push brings the database's tables, all of this module's, to what this version
// needs, by additions alone. It is [schema.Push] with all [Models]; a program
// that wants a part of them, such as the ledger alone, calls that with the
// models of the packages that it uses. What is said there, of concurrent pushes,
// of transactions and of large tables, holds here. Outside a transaction it then stores
// what users are searched by where that is missing: [users.FillSearch].
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

// Plan is [schema.Plan] with all [Models]: what Push would do, and what it would leave
// alone.
//
// Errors: those of schema.Plan.
func Plan(ctx context.Context, db bun.IDB) (*schema.PlanReport, error) {
	return schema.Plan(ctx, db, Models()...)
}

// Status is [schema.Status] with all [Models]: what was pushed, and what is pending.
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

// Models are all tables, in the order in which they are created.
func Models() []any { return tables.All() }
