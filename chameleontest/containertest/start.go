package containertest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
)

// startTimeout bounds the start of all servers, with the download of their images.
const startTimeout = 10 * time.Minute

// Main starts servers, runs the tests, and removes the servers. It returns the status to
// exit with, and writes to standard error what went wrong.
func Main(m *testing.M, servers ...Server) int {
	ctx := context.Background()
	started, err := Start(ctx, servers...)
	status := 1
	if err == nil {
		status = m.Run()
	}
	if err := errors.Join(err, started.Stop(ctx)); err != nil {
		fmt.Fprintln(os.Stderr, "containertest:", err)
		return max(status, 1)
	}
	return status
}

// Started are servers in containers.
type Started struct {
	mu         sync.Mutex
	containers []testcontainers.Container
	variables  []string
}

// Start starts servers and sets the environment variables in which postgrestest and
// mysqltest look for their URLs. A server that is named there already is not started. The
// caller calls Stop, also after an error.
//
// Errors: an error that names each server that did not start, and says what it printed.
func Start(ctx context.Context, servers ...Server) (*Started, error) {
	s := &Started{}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	errs := make([]error, len(servers))
	var all sync.WaitGroup
	for i, server := range servers {
		all.Go(func() {
			if err := s.reach(ctx, server); err != nil {
				errs[i] = fmt.Errorf("start %s from image %q: %w", server.Engine, server.Image, err)
			}
		})
	}
	all.Wait()
	return s, errors.Join(errs...)
}

// reach starts a server that has no name in the environment, and names it there.
func (s *Started) reach(ctx context.Context, server Server) error {
	variable, err := server.variable()
	if err != nil || os.Getenv(variable) != "" {
		return err
	}
	url, err := s.run(ctx, server)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.variables = append(s.variables, variable)
	return os.Setenv(variable, url)
}

// run runs a container and returns its server's URL, once it answers.
func (s *Started) run(ctx context.Context, server Server) (string, error) {
	password := rand.Text()
	c, err := start(ctx, server, password)
	if c != nil {
		s.mu.Lock()
		s.containers = append(s.containers, c)
		s.mu.Unlock()
	}
	if err != nil {
		return "", err
	}
	host, err := c.Host(ctx)
	if err != nil {
		return "", err
	}
	port, err := c.MappedPort(ctx, server.port())
	if err != nil {
		return "", err
	}
	url := server.url(host, port.Port(), password)
	if err := server.wait(ctx, c, url); err != nil {
		return "", errors.Join(err, printed(ctx, c))
	}
	return url, nil
}

// start starts a container. testcontainers panics where it finds no daemon.
func start(ctx context.Context, server Server, password string) (c testcontainers.Container, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("no Docker daemon: %v", reason)
		}
	}()
	started, err := testcontainers.Run(ctx, server.Image, server.options(password)...)
	if started == nil { // and not an interface that holds nil
		return nil, err
	}
	return started, err
}

// Stop removes the servers, and their URLs from the environment.
//
// Errors: those of the Docker daemon.
func (s *Started) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, variable := range s.variables {
		errs = append(errs, os.Unsetenv(variable))
	}
	for _, c := range s.containers {
		errs = append(errs, c.Terminate(ctx, testcontainers.StopTimeout(0)))
	}
	s.variables, s.containers = nil, nil
	return errors.Join(errs...)
}
