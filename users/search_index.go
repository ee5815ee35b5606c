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

// SearchIndexError says why the database gets no index for text in the middle of a value.
// [Search] still works without it, and a Search with Prefix uses the indexes of a push.
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

// IndexSearchParams are the parameters of [IndexSearch].
type IndexSearchParams struct {
	// DryRun reports what would be created and creates nothing.
	DryRun bool
}

// IndexSearchResult is the result of [IndexSearch].
type IndexSearchResult struct {
	// Statements are those that were executed, or would be: none if everything exists.
	Statements []string `json:"statements,omitempty"`
}

// IndexSearch creates indexes with which [Search] finds parts of emails, nicknames and
// uuids without reading all users. It needs PostgreSQL and its extension pg_trgm, which it
// creates if it may. Search then works without a change: the planner uses the indexes if
// they are cheaper, and the results are the same. Parts of fewer than three letters or
// digits are still found without them, and so are parts in other alphabets than Latin if
// the database's LC_CTYPE is C.
//
// IndexSearch is not part of a push, because installing an extension is the decision of the
// server's operator, and because every sign-up then updates five more indexes. The tables
// stay available meanwhile: indexes are created concurrently, outside of transactions. It
// may be repeated, and should be if it was interrupted.
//
// Errors: *SearchIndexError on other engines, and if the extension is not installed on the
// server or the database user may not create it; *dialect.Error.
func IndexSearch(ctx context.Context, db *bun.DB, p IndexSearchParams) (*IndexSearchResult, error) {
	if caps := dialect.Of(db); caps.Engine != dialect.PostgreSQL || caps.IsCockroach() {
		return nil, &SearchIndexError{Engine: caps.Engine, Reason: "only PostgreSQL has one that finds the same as Search"}
	}
	return indexSearchPostgres(ctx, db, p.DryRun)
}
