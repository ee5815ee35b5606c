package containertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"

	"github.com/testcontainers/testcontainers-go"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// options start a server that keeps its files in memory and waits for no disk.
func (s Server) options(password string) []testcontainers.ContainerCustomizer {
	data, variable := "/var/lib/mysql", "MYSQL_ROOT_PASSWORD"
	environment := map[string]string{}
	switch s.Engine {
	case dialect.PostgreSQL:
		data, variable = "/pgdata", "POSTGRES_PASSWORD"
		environment["PGDATA"] = data
	case dialect.MariaDB:
		variable = "MARIADB_ROOT_PASSWORD"
	}
	environment[variable] = password
	return []testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts(s.port()),
		testcontainers.WithEnv(environment),
		testcontainers.WithTmpfs(map[string]string{data: "rw,mode=1777"}),
		testcontainers.WithCmd(s.command()...),
	}
}

// command is the server's program and flags. Test packages run at the same time, each with
// its pools, hence the number of connections.
func (s Server) command() []string {
	if s.Engine == dialect.PostgreSQL {
		return []string{"postgres", "-c", "max_connections=500", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"}
	}
	daemon := "mysqld"
	if s.Engine == dialect.MariaDB {
		daemon = "mariadbd"
	}
	return []string{
		daemon, "--max-connections=500", "--character-set-server=utf8mb4",
		"--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--performance-schema=OFF",
	}
}

func (s Server) port() string {
	if s.Engine == dialect.PostgreSQL {
		return "5432/tcp"
	}
	return "3306/tcp"
}

func (s Server) url(host, port, password string) string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword("root", password), Host: net.JoinHostPort(host, port), Path: "/mysql"}
	if s.Engine == dialect.PostgreSQL {
		u.Scheme, u.Path, u.RawQuery = "postgres", "/postgres", "sslmode=disable"
		u.User = url.UserPassword("postgres", password)
	}
	return u.String()
}

// wait waits until the server answers. The official images run a server without a network
// while they prepare the data, so that an answer over the network is the real one's.
func (s Server) wait(ctx context.Context, c testcontainers.Container, url string) error {
	db, err := engines.OpenAdmin(s.Engine, url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing was written
	for {
		_, err := engines.Version(ctx, s.Engine, db)
		if err == nil {
			return nil
		}
		state, gone := c.State(ctx)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("not ready: %w", errors.Join(err, ctx.Err()))
		case gone != nil || !state.Running:
			return fmt.Errorf("ended before it was ready: %w", errors.Join(err, gone))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// printed is the end of what a server printed.
func printed(ctx context.Context, c testcontainers.Container) error {
	const most = 2000
	log, err := c.Logs(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // it was only read
	text, err := io.ReadAll(log)
	return errors.Join(errors.New(string(text[max(0, len(text)-most):])), err)
}
