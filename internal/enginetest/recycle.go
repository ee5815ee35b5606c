package enginetest

import (
	"context"
	"database/sql"
	"errors"
	"sync"

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

// fewRows is what is deleted at most: more leave statistics behind, and marks in the
// indexes.
const fewRows = 500

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
	free, err := mysqlshape.Free(ctx, s.admin, s.Engine, name)
	if err != nil {
		return err
	}
	tables, shape, err := mysqlshape.Of(ctx, s.admin, name, "")
	if err != nil {
		return err
	}
	if !free || shape != s.spares.shape {
		return errOther
	}
	session, err := s.admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }() // back to the pool
	return emptyOn(ctx, session, name, tables)
}

// emptyOn runs on one session, which it leaves with the settings that it had.
func emptyOn(ctx context.Context, session *sql.Conn, name string, tables []string) (err error) {
	const (
		settings = "SET SESSION foreign_key_checks = 0, SESSION innodb_lock_wait_timeout = 2"
		back     = "SET SESSION foreign_key_checks = DEFAULT, SESSION innodb_lock_wait_timeout = DEFAULT"
	)
	if _, err := session.ExecContext(ctx, settings); err != nil {
		return err
	}
	defer func() {
		_, backErr := session.ExecContext(ctx, back)
		err = errors.Join(err, backErr)
	}()
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
