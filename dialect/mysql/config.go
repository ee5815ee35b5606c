package mysql

import (
	"math"
	"net"
	"strconv"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultPort is the port if the URL names none.
const DefaultPort = 3306

// The TLS modes that a [Config] can have, from the weakest to the strictest.
const (
	TLSDisable    = "disable"
	TLSPrefer     = "prefer"
	TLSRequire    = "require"
	TLSVerifyCA   = "verify-ca"
	TLSVerifyFull = "verify-full"
)

const (
	charset   = "utf8mb4"
	collation = "utf8mb4_general_ci" // the newest that MySQL and MariaDB share; columns name their own
	// sqlMode is strict, and leaves out NO_BACKSLASH_ESCAPES, because values
	// are interpolated with backslashes, ANSI_QUOTES and PIPES_AS_CONCAT.
	sqlMode = "'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	// defaultLockWait is short because a client that gives up leaves its
	// statement waiting on the server, with the locks it holds.
	defaultLockWait = 10 * time.Second
)

// Config holds the connection settings of a MySQL or MariaDB database. Use [ParseURL] to
// create one.
type Config struct { //nolint:recvcheck // what prints and marshals is for values, too
	// Settings are those from the URL; others may be set.
	handle.Settings
	// TLS is the TLS mode.
	TLS string
	// Ignored names the URL's parameters that have no meaning here.
	Ignored []string

	// conn is what Conn returns, out of reach of printers.
	conn func() *driver.Config
}

// Conn returns the driver's configuration, which may be changed before [Open]. It contains
// the password, also when it is printed.
func (c *Config) Conn() *driver.Config { return c.conn() }

// ParseURL reads a mysql:// URL. It opens no connection; it reads the
// certificate files that the URL names and nothing else.
//
// Errors: *dialect.InvalidError, which holds no part of user, password or value.
func ParseURL(databaseURL string) (*Config, error) {
	u, err := dburl.Parse(databaseURL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "mysql" {
		return nil, valid.Failf(dburl.Field, "has the scheme %s, which is not MySQL's", u.Scheme)
	}
	r := &reader{url: u}
	for _, p := range u.Params {
		if err := r.param(p); err != nil {
			return nil, err
		}
	}
	conn, err := r.connConfig()
	if err != nil {
		return nil, err
	}
	return &Config{
		Settings: r.settings, TLS: r.mode, Ignored: r.ignored, conn: func() *driver.Config { return conn },
	}, nil
}

func (r *reader) connConfig() (*driver.Config, error) {
	conn := driver.NewConfig()
	conn.User, conn.Passwd, conn.DBName = r.url.User, r.url.Password, r.url.Path
	host, err := r.address(conn)
	if err != nil {
		return nil, err
	}
	conn.ParseTime, conn.Loc = true, time.UTC
	conn.ClientFoundRows, conn.InterpolateParams, conn.MultiStatements = true, true, true
	if err := conn.Apply(driver.Charset(charset, collation)); err != nil {
		return nil, err
	}
	// A server may have autocommit off: a read would then leave a transaction open.
	// One that limits what a SELECT returns would cut answers short without a word.
	conn.Params = map[string]string{
		"time_zone": "'+00:00'", "autocommit": "1", "sql_mode": sqlMode, "sql_select_limit": strconv.FormatUint(math.MaxUint64, 10),
	}
	if conn.TLS, err = r.tlsConfig(host); err != nil {
		return nil, err
	}
	// The driver then goes plain only where the server has no TLS at all.
	conn.AllowFallbackToPlaintext = r.mode == TLSPrefer
	return conn, nil
}

// address sets the network and address, and returns the host that TLS names.
func (r *reader) address(conn *driver.Config) (host string, err error) {
	if len(r.url.Hosts) > 1 {
		return "", valid.Failf(dburl.Field, "names several hosts, which MySQL does not support")
	}
	h := dburl.Host{}
	if len(r.url.Hosts) == 1 {
		h = r.url.Hosts[0]
	}
	if h.IsSocket() && r.socket == "" {
		r.socket = h.Name
	}
	if r.socket != "" {
		conn.Net, conn.Addr = "unix", r.socket
		if r.mode == "" {
			r.mode = TLSDisable
		}
		return h.Name, nil
	}
	if h.Name == "" {
		h.Name = "localhost"
	}
	if h.Port == 0 {
		h.Port = DefaultPort
	}
	conn.Net, conn.Addr = "tcp", net.JoinHostPort(h.Name, strconv.Itoa(int(h.Port)))
	return h.Name, nil
}
