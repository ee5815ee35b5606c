package enginetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/engines/program"
)

// Pooled is a PostgreSQL database behind a transaction pooler.
type Pooled struct {
	// URL leads through the pooler, and says so by pgbouncer=true. The pooler
	// refuses TLS.
	URL string
	// Direct is the same database without the pooler.
	Direct *Env
}

// pgbouncerPool is the number of server connections that all clients of one
// PgBouncer share: few, so that clients do meet one another's sessions.
const pgbouncerPool = 4

// PgBouncer starts a PgBouncer of the test's own, in transaction mode and with
// few server connections, before a new database with the pushed schema. It
// needs the program pgbouncer: without it the test fails or is skipped as
// without an engine.
func PgBouncer(t *testing.T) *Pooled {
	t.Helper()
	return PgBouncerIn(t, "transaction")
}

// PgBouncerIn is PgBouncer in another mode: session, transaction or statement.
func PgBouncerIn(t *testing.T, mode string) *Pooled {
	t.Helper()
	direct := New(t, dialect.PostgreSQL)
	return &Pooled{URL: PgBouncerTo(t, direct, mode), Direct: direct}
}

// PgBouncerTo starts a PgBouncer before a database that is there already, and
// returns the database's URL through it. Its server connections are new: they
// have what ALTER DATABASE has set until now.
func PgBouncerTo(t *testing.T, direct *Env, mode string) string {
	t.Helper()
	binary, err := findPgBouncer()
	if err != nil {
		if engines.Required() {
			t.Fatalf("PGBOUNCER MISSING: it is required: %v", err)
		}
		t.Skipf("PGBOUNCER MISSING: nothing was tested behind a pooler: %v", err)
	}
	// A port that was free may be taken when the program binds it.
	for attempt := 1; ; attempt++ {
		pooled, err := startPgBouncer(t, binary, direct.URL, mode)
		if err == nil {
			return pooled
		}
		if attempt == 3 {
			t.Fatalf("start pgbouncer: %v", err)
		}
	}
}

func findPgBouncer() (string, error) {
	if path, err := exec.LookPath("pgbouncer"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/pgbouncer") // not on everyone's path
}

// startPgBouncer starts one and returns the URL of the database through it.
func startPgBouncer(t *testing.T, binary, direct, mode string) (string, error) {
	t.Helper()
	server, err := url.Parse(direct)
	if err != nil {
		return "", errors.New("the server's URL cannot be parsed") // the parser's text would hold the password
	}
	account, err := program.AccountOf("postgres", "nobody")
	if err != nil {
		return "", err
	}
	port, err := program.FreePort(t.Context())
	if err != nil {
		return "", err
	}
	dir, err := pgbouncerDir(t, account)
	if err != nil {
		return "", err
	}
	password, _ := server.User.Password()
	users := fmt.Sprintf("%q %q\n", server.User.Username(), password)
	if err := account.WriteFile(filepath.Join(dir, "users.txt"), []byte(users)); err != nil {
		return "", err
	}
	config := filepath.Join(dir, "pgbouncer.ini")
	if err := account.WriteFile(config, []byte(pgbouncerConfig(server, port, dir, mode))); err != nil {
		return "", err
	}
	// It outlives the test's context: cleaning up ends it.
	started, err := program.Start(account.Command(context.WithoutCancel(t.Context()), dir, binary, config))
	if err != nil {
		return "", err
	}
	t.Cleanup(func() {
		if err := started.End(context.Background(), syscall.SIGQUIT); err != nil { // at once, whoever is connected
			t.Errorf("stop pgbouncer: %v", err)
		}
	})
	pooled := *server
	pooled.Host, pooled.RawQuery = "127.0.0.1:"+port, "pgbouncer=true&sslmode=disable"
	return pooled.String(), waitForPgBouncer(t.Context(), pooled, started)
}

// pgbouncerDir makes a folder that the account can reach, which a test's own
// temporary folder is not.
func pgbouncerDir(t *testing.T, account program.Account) (string, error) {
	t.Helper()
	parent, err := os.MkdirTemp("", "chameleon-pgbouncer-") //nolint:usetesting // whose folders no other account enters
	if err != nil {
		return "", err
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(parent); err != nil {
			t.Errorf("remove pgbouncer's folder: %v", err)
		}
	})
	if err := os.Chmod(parent, 0o755); err != nil {
		return "", err
	}
	dir := filepath.Join(parent, "run")
	return dir, account.Mkdir(dir)
}

func pgbouncerConfig(server *url.URL, port, dir, mode string) string {
	serverPort := server.Port()
	if serverPort == "" {
		serverPort = "5432"
	}
	return strings.Join([]string{
		"[databases]",
		fmt.Sprintf("* = host=%s port=%s", server.Hostname(), serverPort),
		"[pgbouncer]",
		"listen_addr = 127.0.0.1",
		"listen_port = " + port,
		"unix_socket_dir =",
		"auth_type = scram-sha-256",
		"auth_file = " + filepath.Join(dir, "users.txt"),
		"pool_mode = " + mode,
		fmt.Sprintf("default_pool_size = %d", pgbouncerPool),
		"max_client_conn = 200",
		"",
	}, "\n")
}

// waitForPgBouncer waits until a query gets through. The probe's own prepared
// statements are off, as through any transaction pooler.
func waitForPgBouncer(ctx context.Context, pooled url.URL, started *program.Server) error {
	pooled.RawQuery = "sslmode=disable&default_query_exec_mode=simple_protocol"
	db, err := engines.OpenAdmin(dialect.PostgreSQL, pooled.String())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // a probe's handle: nothing was written
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-started.Ended():
			return fmt.Errorf("it ended: %w\n%s", err, started.Output())
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w\n%s", err, started.Output())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
