package transfer

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// apart refuses two handles of one database: a copy would delete and write in its own
// source. URLs do not tell, because a server has many names. On servers, a lock that one
// side takes and the other finds taken does; SQLite's files are compared. If a server has
// no such locks, or does not say, the two are assumed to be different.
func apart(ctx context.Context, from, to *side) error {
	same := false
	switch {
	case from.caps.Engine == dialect.SQLite && to.caps.Engine == dialect.SQLite:
		same = from.file(ctx, to)
	case from.caps.Engine == dialect.PostgreSQL && to.caps.Engine == dialect.PostgreSQL:
		same = postgresSame(ctx, from, to)
	case from.caps.IsMySQL() && to.caps.IsMySQL():
		same = mysqlSame(ctx, from, to)
	}
	if same {
		return valid.Failf("to", "is the source itself, by another name")
	}
	return nil
}

// file reports whether both sides are one file.
func (s *side) file(ctx context.Context, other *side) bool {
	const query = "SELECT file FROM pragma_database_list WHERE name = 'main'"
	var infos [2]os.FileInfo
	for i, side := range []*side{s, other} {
		var path sql.NullString
		if err := side.conn.QueryRowContext(ctx, query).Scan(&path); err != nil || path.String == "" {
			return false // it lives in memory
		}
		info, err := os.Stat(path.String)
		if err != nil {
			return false
		}
		infos[i] = info
	}
	return os.SameFile(infos[0], infos[1])
}

// postgresSame holds a lock of its database and schema while from tries to take it. A
// transaction holds it, because a pooler would give a session's lock to somebody else.
func postgresSame(ctx context.Context, from, to *side) bool {
	const key = "hashtextextended(current_schema() || '"
	tail := rand.Text() + "', 0)"
	tx, err := to.conn.BeginTx(ctx, nil)
	if err != nil {
		return false
	}
	defer func() { _ = tx.Rollback() }() // it wrote nothing
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock("+key+tail+")"); err != nil {
		return false
	}
	free := true
	err = from.conn.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock("+key+tail+")").Scan(&free)
	return err == nil && !free
}

// mysqlSame is postgresSame with locks that are the server's and named after the database.
func mysqlSame(ctx context.Context, from, to *side) bool {
	name := "SHA2(CONCAT(DATABASE(), '" + rand.Text() + "'), 224)" // a name has 64 characters at most
	var got sql.NullInt64
	if err := to.conn.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", 0)").Scan(&got); err != nil || got.Int64 != 1 {
		return false
	}
	defer func() { _, _ = to.conn.ExecContext(ctx, "DO RELEASE_LOCK("+name+")") }()
	var free sql.NullInt64
	err := from.conn.QueryRowContext(ctx, "SELECT IS_FREE_LOCK("+name+")").Scan(&free)
	return err == nil && free.Valid && free.Int64 == 0
}
