package main

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// server is the engine's process or processes, where they run on this machine: what
// they compute and log for a piece of work does not depend on who else is busy.
type server struct {
	engine dialect.Engine
	db     *bun.DB
	// host is the server's own name, by which its processes are found.
	host string
}

// usage is what a server has computed and logged so far.
type usage struct {
	cpu time.Duration
	log float64 // bytes of the write-ahead log, or of redo and binary logs
}

func (u usage) since(before usage) usage { return usage{u.cpu - before.cpu, u.log - before.log} }

// newServer asks a server for its name. SQLite has none: it computes in this process.
func newServer(ctx context.Context, engine dialect.Engine, db *bun.DB) *server {
	s := &server{engine: engine, db: db}
	query := "SELECT @@hostname"
	if engine == dialect.PostgreSQL {
		query = "SELECT pg_read_file('/etc/hostname')" // of superusers
	}
	_ = db.NewRaw(query).Scan(ctx, &s.host)
	s.host = strings.TrimSpace(s.host)
	return s
}

// used is what is known of it: zero for what the server or the system does not tell.
func (s *server) used(ctx context.Context) (u usage) {
	if s == nil {
		return u
	}
	if s.host != "" {
		u.cpu = cpuOfHost(s.host)
	}
	if s.engine == dialect.PostgreSQL {
		_ = s.db.NewRaw("SELECT (pg_current_wal_insert_lsn() - '0/0')::float8").Scan(ctx, &u.log)
		return u
	}
	var redo struct {
		Name  string
		Value float64
	}
	_ = s.db.NewRaw("SHOW GLOBAL STATUS LIKE 'Innodb_os_log_written'").Scan(ctx, &redo.Name, &redo.Value)
	u.log = redo.Value + s.binlog(ctx)
	return u
}

// binlog is how long the binary logs are, 0 where there are none.
func (s *server) binlog(ctx context.Context) (bytes float64) {
	found, err := s.db.QueryContext(ctx, "SHOW BINARY LOGS")
	if err != nil {
		return 0
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		return 0
	}
	for found.Next() {
		var name string
		var size float64
		targets := []any{&name, &size}
		for range columns[2:] {
			targets = append(targets, new(any))
		}
		if found.Scan(targets...) == nil {
			bytes += size
		}
	}
	if found.Err() != nil {
		return 0
	}
	return bytes
}
