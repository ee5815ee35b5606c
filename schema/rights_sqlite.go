package schema

import (
	"context"

	"github.com/uptrace/bun"
)

// rights: SQLite has only those of the file, and refuses the transaction before its first
// statement.
func (sqliteEngine) rights(context.Context, bun.IConn, []need) ([]Right, error) { return nil, nil }

func (sqliteEngine) ownsWhatItMakes() bool { return true }
