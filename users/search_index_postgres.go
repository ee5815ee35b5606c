package users

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// searchedPostgres are the expressions that likeAnywhere compares, each with its index: a
// condition of several is served by indexes if each of them is.
func searchedPostgres() []struct{ index, expression string } {
	return []struct{ index, expression string }{
		{"users_email_search_trgm_idx", "email_search"},
		{"users_nickname_search_trgm_idx", "nickname_search"},
		{"users_email_trgm_idx", `LOWER(email COLLATE "C")`},
		{"users_nickname_trgm_idx", `LOWER(nickname COLLATE "C")`},
		{"users_uuid_trgm_idx", `LOWER(uuid COLLATE "C")`},
	}
}

// indexSearchPostgres makes the extension and the indexes that are not there.
func indexSearchPostgres(ctx context.Context, db *bun.DB, dry bool) (*IndexSearchResult, error) {
	result := &IndexSearchResult{}
	run := func(statement string) error {
		result.Statements = append(result.Statements, statement)
		if dry {
			return nil
		}
		_, err := db.ExecContext(ctx, statement)
		return dialect.Classify(err)
	}
	class, err := trigramsPostgres(ctx, db)
	if err != nil {
		return nil, err
	}
	if class == "" {
		class = "gin_trgm_ops"
		if err := run("CREATE EXTENSION IF NOT EXISTS pg_trgm"); err != nil {
			return result, withoutTrigrams(err)
		}
	}
	for _, s := range searchedPostgres() {
		state, err := stateOfIndexPostgres(ctx, db, s.index)
		if err != nil {
			return result, err
		}
		if state == indexInvalid {
			if err := run("DROP INDEX CONCURRENTLY IF EXISTS " + s.index); err != nil {
				return result, err
			}
		}
		if state != indexValid {
			if err := run("CREATE INDEX CONCURRENTLY IF NOT EXISTS " + s.index + " ON users USING gin ((" + s.expression + ") " + class + ")"); err != nil {
				return result, err
			}
		}
	}
	return result, nil
}

// withoutTrigrams is the error of CREATE EXTENSION: that the server lacks it, or does
// not let this user have it, is what callers are told.
func withoutTrigrams(err error) error {
	failed := (*dialect.Error)(nil)
	switch {
	case errors.Is(err, dialect.ErrPermission):
		return &SearchIndexError{Engine: dialect.PostgreSQL, Reason: "the user may not create the extension pg_trgm", Err: err}
	case errors.As(err, &failed) && (failed.Code == "0A000" || failed.Code == "58P01"):
		return &SearchIndexError{Engine: dialect.PostgreSQL, Reason: "the server has no extension pg_trgm", Err: err}
	}
	return err
}

// trigramsPostgres is the operator class of the extension, with the schema that hosts
// put it in, empty where it is not there.
func trigramsPostgres(ctx context.Context, db *bun.DB) (class string, err error) {
	err = db.NewRaw("SELECT quote_ident(n.nspname) || '.gin_trgm_ops' FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace "+
		"WHERE e.extname = 'pg_trgm'").Scan(ctx, &class)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return class, dialect.Classify(err)
}

// What an index is: CREATE INDEX CONCURRENTLY leaves one that is not valid when it is
// interrupted.
const (
	indexMissing = iota
	indexInvalid
	indexValid
)

func stateOfIndexPostgres(ctx context.Context, db *bun.DB, name string) (state int, err error) {
	var valid bool
	err = db.NewRaw("SELECT i.indisvalid FROM pg_index AS i WHERE i.indexrelid = to_regclass(?)", name).Scan(ctx, &valid)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return indexMissing, nil
	case err != nil:
		return indexMissing, dialect.Classify(err)
	case valid:
		return indexValid, nil
	}
	return indexInvalid, nil
}
