package credits

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// GetOperationParams name an operation.
type GetOperationParams struct {
	UserUUID string
	// Key is its idempotency key.
	Key string
}

// GetOperation reads an operation by its key. It is the result that the verb
// returned, except that Replayed is false.
//
// Errors: *InvalidError; *NotFoundError when the account has no operation under
// the key; *dialect.Error.
func GetOperation(ctx context.Context, db bun.IDB, p GetOperationParams) (*Operation, error) {
	if err := valid.First(checkAccount("UserUUID", p.UserUUID), requireKey("Key", p.Key)); err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	op, err := getOperation(ctx, db, p)
	return op, dialect.Classify(err)
}

func getOperation(ctx context.Context, db bun.IDB, p GetOperationParams) (*Operation, error) {
	var heads []head
	err := db.NewRaw("?", archived.Entries.Both(headsOf(db, store.Columns[Entry](db, "t"))+"t.op_key = ?", p.UserUUID, p.UserUUID, p.Key)).Scan(ctx, &heads)
	if err != nil {
		return nil, err
	}
	if len(heads) == 0 {
		return nil, notFound(p.UserUUID, "operation", "Key", p.Key)
	}
	more, err := rest(ctx, db, p.UserUUID, heads)
	if err != nil {
		return nil, err
	}
	return operationOf(append([]Entry{heads[0].Entry}, more[heads[0].Seq]...))
}
