package credits

import (
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/internal/archived"
)

// history returns a query on the account's entries in both tables. Under the lock of an account
// of which nothing was ever archived, it leaves out the archive.
func (a *account) history(query string, args ...any) schema.QueryWithArgs {
	if a.whole() {
		return bun.SafeQuery(query, args...)
	}
	return archived.Entries.Both(query, args...)
}

// whole reports whether all of the account's entries are in credits_trans. Without the lock,
// that may change between two statements.
func (a *account) whole() bool { return a.book.locked && a.ArchivedSeq == 0 }
