package users

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// ErrNoSearchIndex matches every *SearchIndexError.
var ErrNoSearchIndex = errors.New("no index for parts of texts")

// SearchIndexError says why the database gets no index that serves what stands in the
// middle of a text. [Search] goes on without, and with Prefix by the indexes of a push.
type SearchIndexError struct {
	Engine dialect.Engine
	// Reason is what is missing, and Err the engine's error, if there is one.
	Reason string
	Err    error
}

func (e *SearchIndexError) Error() string {
	text := fmt.Sprintf("%s: %v: %s", e.Engine, ErrNoSearchIndex, e.Reason)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return shown.Line(text)
}

// Is reports whether target is ErrNoSearchIndex.
func (e *SearchIndexError) Is(target error) bool { return target == ErrNoSearchIndex }

// Unwrap returns the engine's error.
func (e *SearchIndexError) Unwrap() error { return e.Err }

// IndexSearchParams ask for indexes of what [Search] looks for.
type IndexSearchParams struct {
	// DryRun says what would be made and makes nothing.
	DryRun bool
}

// IndexSearchResult is what became of them.
type IndexSearchResult struct {
	// Statements are those that were run, or would be: none if all is there.
	Statements []string `json:"statements,omitempty"`
}

// IndexSearch makes indexes by which [Search] finds parts of emails, nicknames and
// uuids without looking at all users: on PostgreSQL by its extension pg_trgm, which it
// creates where it may. Search needs not be told: the planner takes them where they are
// cheaper, and what is found is the same. Parts of less than three letters or digits
// are looked for as before, and so are those of other alphabets than Latin in a database
// whose LC_CTYPE is C.
//
// It is no part of a push, because an extension is a decision of whoever runs the
// server, and because a user who signs up pays for five indexes more. The tables stay
// open meanwhile: indexes are made concurrently, outside of transactions. It may be
// repeated, and is after it was interrupted.
//
// Errors: *SearchIndexError on other engines, and where the extension is not installed
// on the server or the database's user may not create it; *dialect.Error.
func IndexSearch(ctx context.Context, db *bun.DB, p IndexSearchParams) (*IndexSearchResult, error) {
	if caps := dialect.Of(db); caps.Engine != dialect.PostgreSQL || caps.IsCockroach() {
		return nil, &SearchIndexError{Engine: caps.Engine, Reason: "only PostgreSQL has one that finds the same as Search"}
	}
	return indexSearchPostgres(ctx, db, p.DryRun)
}
