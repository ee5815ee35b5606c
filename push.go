package chameleon

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/tables"
	"github.com/chameleon-go/chameleon/schema"
)

// Push brings the database's tables, all of this module's, to what this version
// needs, by additions alone. It is [schema.Push] with all [Models]; a program
// that wants a part of them, such as the ledger alone, calls that with the
// models of the packages that it uses. What is said there, of concurrent pushes
// and of indexes, holds here.
//
// Errors: those of schema.Push.
func Push(ctx context.Context, db *bun.DB) (*schema.Result, error) {
	return schema.Push(ctx, db, Models()...)
}

// Models are all tables, in the order in which they are created.
func Models() []any { return tables.All() }
