package enginetest

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/mysqlshape"
)

// MySQL takes ten to twenty times as long to make our tables and to drop them as to empty
// them. So a database that its test left as the template has it, but for a few rows, is
// emptied and waits for another test; any other is dropped.

// spare holds the databases that wait for a test.
type spare struct {
	mu    sync.Mutex
	names []string
	shape string // of the template, empty until one was made by it
}

// learn takes a database that was just made for what the template's are like.
func (s *spare) learn(ctx context.Context, db *sql.DB, name string) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shape == "" {
		_, s.shape, err = mysqlshape.Of(ctx, db, name, "")
	}
	return err
}

func (s *spare) take() (name string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.names); n > 0 {
		name, s.names = s.names[n-1], s.names[:n-1]
	}
	return name, name != ""
}

func (s *spare) give(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, name)
}

const (
	// fewRows is what is deleted at most: more leave statistics behind, and marks in
	// the indexes.
	fewRows = 500
	// firstIDs is how far a table's ids may have got, so that the next test is not one
	// of ids near their end.
	firstIDs = 1 << 20
)

// errOther says why a database cannot be another test's.
var errOther = errors.New("the database is not as its template")

// giveBack keeps the database for another test, or drops it.
func (s *server) giveBack(ctx context.Context, name string) error {
	if s.Engine == dialect.PostgreSQL || s.empty(ctx, name) != nil {
		return s.drop(ctx, name) // which says so if the server is what is wrong
	}
	s.spares.give(name)
	return nil
}

// empty deletes the rows of a database that has the template's tables and nobody on it.
func (s *server) empty(ctx context.Context, name string) error {
	if err := s.left(ctx, name); err != nil {
		return err
	}
	_, shape, err := mysqlshape.Of(ctx, s.admin, name, "")
	if err != nil {
		return err
	}
	if shape != s.spares.shape {
		return errOther
	}
	session, err := s.admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }() // back to the pool
	return s.emptyOn(ctx, session, name)
}

// left waits until no session is on the database any more: one that was closed may
// still be rolling back.
func (s *server) left(ctx context.Context, name string) error {
	const tries, wait = 20, 5 * time.Millisecond
	for range tries {
		var sessions int
		err := s.admin.QueryRowContext(ctx,
			"SELECT COUNT(*) FROM information_schema.processlist WHERE db = ?", name).Scan(&sessions)
		if err != nil || sessions == 0 {
			return err
		}
		time.Sleep(wait)
	}
	return errOther
}

// emptyOn runs on one session, which it leaves with the settings that it had.
func (s *server) emptyOn(ctx context.Context, session *sql.Conn, name string) (err error) {
	settings := "SET SESSION foreign_key_checks = 0, SESSION innodb_lock_wait_timeout = 2"
	back := "SET SESSION foreign_key_checks = DEFAULT, SESSION innodb_lock_wait_timeout = DEFAULT"
	if s.Engine == dialect.MySQL { // else it shows ids as they were a day ago
		settings += ", SESSION information_schema_stats_expiry = 0"
		back += ", SESSION information_schema_stats_expiry = DEFAULT"
	}
	if _, err := session.ExecContext(ctx, settings); err != nil {
		return err
	}
	defer func() {
		_, backErr := session.ExecContext(ctx, back)
		err = errors.Join(err, backErr)
	}()
	tables, err := tablesOf(ctx, session, name)
	if err != nil {
		return err
	}
	deleted := int64(0)
	for _, table := range tables {
		result, err := session.ExecContext(ctx, "DELETE FROM "+name+".`"+table+"`")
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if deleted += n; deleted > fewRows {
			return errOther
		}
	}
	return nil
}

// tablesOf are the tables, none of whose ids went far.
func tablesOf(ctx context.Context, session *sql.Conn, name string) (tables []string, err error) {
	found, err := session.QueryContext(ctx, `SELECT table_name, COALESCE(auto_increment, 0)
		FROM information_schema.tables WHERE table_schema = ?`, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }() // its errors are in found.Err
	for found.Next() {
		var table string
		var next uint64
		if err := found.Scan(&table, &next); err != nil {
			return nil, err
		}
		if next > firstIDs {
			return nil, errOther
		}
		tables = append(tables, table)
	}
	return tables, found.Err()
}
