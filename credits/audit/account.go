package audit

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// readAccount reads an account's row without locking it, nil for none.
func readAccount(ctx context.Context, db bun.IDB, user string) (*credits.Account, error) {
	row := new(credits.Account)
	return accountOf(user, row, db.NewSelect().Model(row).Where("user_uuid = ?", user).Scan(ctx))
}

// lockAccount locks an account's row as the ledger's operations do, nil for none.
// It is called where something of the account is known to be there, so that it is
// looked for also where plain reads are too old to show it.
func lockAccount(ctx context.Context, tx bun.Tx, user string) (*credits.Account, error) {
	row := new(credits.Account)
	return accountOf(user, row, rows.LockKnown(ctx, tx, row, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("user_uuid = ?", user)
	}))
}

// accountOf is the row that was found, unless it is of another spelling: an
// adopted column on MySQL may take usr_a and USR_A for one.
func accountOf(user string, row *credits.Account, err error) (*credits.Account, error) {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case row.UserUUID != user:
		return nil, &credits.CollationError{Found: row.UserUUID}
	}
	return row, nil
}

// insertAccount makes a row for an account of which only history is left.
func insertAccount(ctx context.Context, tx bun.Tx, user string) error {
	_, err := rows.Insert(ctx, tx, &credits.Account{UserUUID: user, NextEventUs: column.Never})
	return err
}

// lockingSuffix makes reads see what is committed, in any isolation level. A
// REPEATABLE READ transaction on MySQL that has written to an account itself
// sees its own entries, but not those that others wrote just before them.
func lockingSuffix(db bun.IDB) string {
	if dialect.Of(db).IsMySQL() {
		return " FOR UPDATE"
	}
	return ""
}
