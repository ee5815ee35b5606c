package storm

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/torture/proxy"
)

// server is a database server of the run's own, behind a proxy.
type server struct {
	options Options
	report  *Report
	machine Machine
	proxy   *proxy.Proxy
	quiet   *proxy.Proxy // without faults: for the judge, and for what is measured
	admin   *sql.DB
	name    string // of the database
}

func newServer(ctx context.Context, o Options, report *Report) (_ *server, err error) {
	machine, err := o.Start(ctx, o.Engine, o.Log)
	if err != nil {
		return nil, err
	}
	s := &server{options: o, report: report, machine: machine}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx)))
		}
	}()
	if s.proxy, err = proxy.Listen(ctx, o.Engine, hostOf(machine.Where().URL), o.Seed); err != nil {
		return nil, err
	}
	if s.quiet, err = proxy.Listen(ctx, o.Engine, hostOf(machine.Where().URL), o.Seed); err != nil {
		return nil, err
	}
	s.quiet.Calm(true)
	return s, s.openAdmin()
}

func (s *server) openAdmin() error {
	if s.admin != nil {
		_ = s.admin.Close() // its server was killed
	}
	admin, err := engines.OpenAdmin(s.options.Engine, s.machine.Where().URL)
	if err != nil {
		return err
	}
	admin.SetMaxOpenConns(3)
	s.admin = admin
	return nil
}

func (s *server) version() string { return s.machine.Where().Version }

func (s *server) prepare(ctx context.Context, round int) (string, error) {
	if s.name != "" {
		drop := "DROP DATABASE " + s.name
		if s.options.Engine == dialect.PostgreSQL {
			drop += " WITH (FORCE)"
		}
		if _, err := s.admin.ExecContext(ctx, drop); err != nil {
			return "", err
		}
	}
	s.name = fmt.Sprintf("torture_%d", round)
	if _, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+s.name); err != nil {
		return "", err
	}
	return s.urlAt(s.quiet.Address()), nil
}

// urlAt is the database's URL at an address.
func (s *server) urlAt(address string) string {
	u, err := url.Parse(s.machine.Where().URL)
	if err != nil {
		return s.machine.Where().URL // provision made it
	}
	u.Host, u.Path = address, "/"+s.name
	if s.options.Engine != dialect.PostgreSQL {
		u.RawQuery = "ssl-mode=DISABLED" // the proxy reads what passes
	}
	return u.String()
}

// clientURL lets one client in three connect without the proxy: what its own
// deadlines do to the server is not to be smoothed by anything between.
func (s *server) clientURL(i int) string {
	if i%3 == 2 && s.options.KeepServer {
		return s.urlAt(hostOf(s.machine.Where().URL))
	}
	return s.urlAt(s.proxy.Address())
}

func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return net.JoinHostPort(u.Hostname(), u.Port())
}

func (s *server) calm(calm bool) { s.proxy.Calm(calm) }

func (s *server) release() { s.proxy.CutAll() }

func (s *server) faults() map[string]int {
	counts := map[string]int{}
	for fault, n := range s.proxy.Faults.Counts() {
		counts[string(fault)] = n
	}
	return counts
}

func (s *server) close(ctx context.Context) error {
	var err error
	if s.admin != nil {
		err = s.admin.Close()
	}
	for _, p := range []*proxy.Proxy{s.proxy, s.quiet} {
		if p != nil {
			err = errors.Join(err, p.Close())
		}
	}
	return errors.Join(err, s.machine.Stop(ctx))
}

// settleLimit is how long a server may take to notice that a client is gone,
// and to undo what that left: the longest that a line stays half-open, a lock
// wait, and a margin.
const settleLimit = 15 * time.Second

// settle waits until no transaction is open but the judge's own.
func (s *server) settle(ctx context.Context) ([]string, error) {
	s.proxy.Settle(settleLimit)
	return s.watch(ctx, settleLimit, func(open []string) bool { return len(open) == 0 })
}

// betweenLooks is how long nobody may look at INFORMATION_SCHEMA.INNODB_TRX
// before it is read. InnoDB fills it anew only if its last read is more than
// 100 ms ago: who looks more often sees the same moment for ever.
const betweenLooks = 300 * time.Millisecond

// watch looks at the open transactions until they are what is wanted or the time
// is over, and returns what it saw last. Nobody else may look meanwhile.
func (s *server) watch(ctx context.Context, limit time.Duration, wanted func(open []string) bool) ([]string, error) {
	for end := time.Now().Add(limit); ; {
		pause(ctx, betweenLooks)
		open, err := s.transactions(ctx)
		if err != nil || wanted(open) || time.Now().After(end) {
			return open, err
		}
	}
}

// transactions are those that are open on the server now, or at the last look if
// that was just before: see betweenLooks.
func (s *server) transactions(ctx context.Context) ([]string, error) {
	query := `SELECT CONCAT(trx_mysql_thread_id, ' ', trx_state, ' ', COALESCE(trx_query, '')) FROM information_schema.innodb_trx`
	if s.options.Engine == dialect.PostgreSQL {
		query = `SELECT pid || ' ' || state || ' ' || query FROM pg_stat_activity
			WHERE xact_start IS NOT NULL AND backend_type = 'client backend' AND pid <> pg_backend_pid()`
	}
	rows, err := s.admin.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its errors are in rows.Err
	var open []string
	for rows.Next() {
		var what string
		if err := rows.Scan(&what); err != nil {
			return nil, err
		}
		open = append(open, what)
	}
	return open, rows.Err()
}

// some draws a time, short ones as often as long ones.
func some(random *rand.Rand, shortest, longest time.Duration) time.Duration {
	return shortest + time.Duration(random.Float64()*random.Float64()*float64(longest-shortest))
}
