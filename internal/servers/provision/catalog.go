package provision

import (
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// Versions says which end of the supported range to start.
type Versions string

// The two ends of the range that the engine table promises.
const (
	Newest Versions = "newest"
	Oldest Versions = "oldest"
)

// Valid reports whether v is one of the constants.
func (v Versions) Valid() bool { return v == Newest || v == Oldest }

// release is one version of an engine and the two places it can be had from.
type release struct {
	// official is the image on the public registry.
	official string
	// tag and suite name the image made from Debian's packages: its tag's
	// leading part and the Debian release that holds the packages.
	tag, suite string
	packages   []string
}

// releaseOf returns the release to run. The registry's oldest are the oldest
// that are supported, Debian's the oldest that its suites hold: MySQL is in
// unstable alone, in one version.
func releaseOf(engine dialect.Engine, versions Versions) release {
	oldest := versions == Oldest
	switch {
	case engine == dialect.PostgreSQL && oldest:
		return release{"postgres:14", "15", "bookworm", []string{"postgresql-15"}}
	case engine == dialect.PostgreSQL:
		return release{"postgres:18", "18", "sid", []string{"postgresql-18"}}
	case engine == dialect.MariaDB && oldest:
		return release{"mariadb:10.11", "10.11", "bookworm", []string{"mariadb-server"}}
	case engine == dialect.MariaDB:
		return release{"mariadb:11.8", "11.8", "trixie", []string{"mariadb-server"}}
	case engine == engines.Redis && oldest:
		return release{"redis:6.2", "7.0", "bookworm", []string{"redis-server"}}
	case engine == engines.Redis:
		return release{"valkey/valkey:9", "8.1", "trixie", []string{"valkey-server"}}
	case oldest:
		return release{"mysql:8.0", "9.7", "sid", []string{"mysql-server"}}
	default:
		return release{"mysql:9", "9.7", "sid", []string{"mysql-server"}}
	}
}

// redisCommand is the server of a release, Redis' or Valkey's, which keeps nothing on
// disk.
func redisCommand(versions Versions, password string) []string {
	program := "valkey-server"
	if versions == Oldest {
		program = "redis-server"
	}
	return append([]string{program}, redisFlags(password)...)
}

func redisFlags(password string) []string {
	return []string{"--requirepass", password, "--save", "", "--appendonly", "no", "--maxclients", "1000"}
}

// postgresFlags and mysqlFlags make servers fast that live for one test run,
// without touching what tests observe: locking, isolation and timeouts keep
// their defaults. The suite is parallel, hence the number of connections.
// Durable servers have the defaults that a commit depends on.
func postgresFlags(durable bool) []string {
	flags := []string{"-c", "max_connections=500"}
	if durable {
		return flags
	}
	return append(flags, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
}

func mysqlFlags(engine dialect.Engine, durable bool) []string {
	flags := []string{
		"--max-connections=1000",
		// As packages and hosts configure it; MariaDB before 11.6 has latin1 else.
		"--character-set-server=utf8mb4",
	}
	if !durable {
		flags = append(flags, "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--performance-schema=OFF")
	}
	if engine == dialect.MySQL {
		flags = append(flags, "--mysqlx=OFF")
	}
	return flags
}
