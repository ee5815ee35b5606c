package mysqlshape

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// FirstIDs is how far a table's ids may have got, so that the next test is not one of ids
// near their end.
const FirstIDs = 1 << 20

// Free reports whether a test's database may be another's, as far as its shape does not say:
// nobody is on it, and none of its ids went far.
func Free(ctx context.Context, db *sql.DB, engine dialect.Engine, database string) (bool, error) {
	left, err := left(ctx, db, database)
	if err != nil || !left {
		return false, err
	}
	next, err := nextID(ctx, db, engine, database)
	return next <= FirstIDs, err
}

// left waits until no session is on the database any more: one that was closed may still be
// rolling back. MySQL fails to list sessions while a statement of any database holds a
// character of four bytes; statements pass, so it is asked again.
func left(ctx context.Context, db *sql.DB, database string) (bool, error) {
	const tries, wait = 20, 5 * time.Millisecond
	for range tries {
		var sessions int
		err := db.QueryRowContext(ctx,
			"SELECT COUNT(*) FROM information_schema.processlist WHERE db = ?", database).Scan(&sessions)
		switch {
		case err == nil && sessions == 0:
			return true, nil
		case err != nil && !isUnlistable(err):
			return false, err
		}
		time.Sleep(wait)
	}
	return false, nil
}

// isUnlistable reports whether MySQL could not convert a text (ER_CANNOT_CONVERT_STRING).
func isUnlistable(err error) bool {
	failed, ok := errors.AsType[*dialect.Error](dialect.Classify(err))
	return ok && failed.Code == "3854"
}

// nextID is the largest of the ids that its tables give next.
func nextID(ctx context.Context, db *sql.DB, engine dialect.Engine, database string) (next uint64, err error) {
	session, err := db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = session.Close() }() // back to the pool
	if engine == dialect.MySQL {           // else it shows ids as they were a day ago
		if _, err := session.ExecContext(ctx, "SET SESSION information_schema_stats_expiry = 0"); err != nil {
			return 0, err
		}
		defer func() {
			_, backErr := session.ExecContext(ctx, "SET SESSION information_schema_stats_expiry = DEFAULT")
			err = errors.Join(err, backErr)
		}()
	}
	err = session.QueryRowContext(ctx,
		"SELECT COALESCE(MAX(auto_increment), 0) FROM information_schema.tables WHERE table_schema = ?", database).Scan(&next)
	return next, err
}
