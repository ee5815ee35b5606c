package orders

import (
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// history is a user's rows of credits_trans and of its archive, for a FROM.
func history(db bun.IDB, user string) schema.QueryWithArgs {
	return bun.SafeQuery("(?) AS t", archived.Entries.Both(
		"SELECT "+rows.Columns[credits.Entry](db, "t")+" FROM credits_trans AS t WHERE t.user_uuid = ?", user))
}
