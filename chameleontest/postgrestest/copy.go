package postgrestest

import (
	"context"
	"sync"

	"github.com/chameleon-go/chameleon/chameleontest/internal/temporary"
)

// connected is a server, and the copies of templates that are being made on it.
type connected struct {
	temporary.Server

	strategy string // how the server copies a database, as CREATE DATABASE is told

	mu   sync.Mutex
	next map[string]copying // the next test's, by the template's name
}

// copying waits for a copy that was begun, and names it.
type copying func() (name string, err error)

// take returns a copy of the template: the one that the call before began. The first call
// begins none, because a process may have a single test.
func (s *connected) take(template string) (name string, err error) {
	s.mu.Lock()
	mine, again := s.next[template]
	s.next[template] = nil
	if again {
		s.next[template] = s.begin(template)
	}
	s.mu.Unlock()
	if mine == nil {
		return s.copy(template)
	}
	return mine()
}

// begin copies the template in the background.
func (s *connected) begin(template string) copying {
	done := make(chan struct{})
	var name string
	var err error
	go func() {
		defer close(done)
		name, err = s.copy(template)
	}()
	return func() (string, error) {
		<-done
		return name, err
	}
}

// copy copies the template, for whichever test gets it.
func (s *connected) copy(template string) (name string, err error) {
	name = s.Name()
	_, err = s.Admin.ExecContext(context.Background(), "CREATE DATABASE "+name+" TEMPLATE "+template+s.strategy)
	return name, err
}
