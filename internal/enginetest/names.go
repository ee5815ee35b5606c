package enginetest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/chameleon-go/chameleon/dialect"
)

// prefix starts the names of this host's test databases.
func prefix() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(host)) // never fails, by its documentation
	return fmt.Sprintf("chameleon_test_%08x_", sum.Sum32())
}

// nextName names a new database: no other process of this host uses its name,
// and processes of other hosts have another prefix.
func (s *server) nextName() string {
	return fmt.Sprintf("%s%d_%d", prefix(), os.Getpid(), s.made.Add(1))
}

// dropOrphans drops the databases that processes of this host left when they
// ended: PostgreSQL's template for one, and all that a killed one had.
func (s *server) dropOrphans(ctx context.Context) error {
	query := "SELECT schema_name FROM information_schema.schemata"
	if s.Engine == dialect.PostgreSQL {
		query = "SELECT datname FROM pg_database"
	}
	rows, err := s.admin.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("list databases: %w", err)
	}
	defer func() { _ = rows.Close() }() // its errors are in rows.Err
	var orphans []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("list databases: %w", err)
		}
		if orphaned(name) {
			orphans = append(orphans, name)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list databases: %w", err)
	}
	for _, name := range orphans {
		if err := s.drop(ctx, name); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return nil
}

// orphaned reports whether a database was made by a process of this host that
// has ended.
func orphaned(name string) bool {
	rest, ours := strings.CutPrefix(name, prefix())
	pid, _, _ := strings.Cut(rest, "_")
	number, err := strconv.Atoi(pid)
	return ours && err == nil && errors.Is(syscall.Kill(number, 0), syscall.ESRCH)
}
