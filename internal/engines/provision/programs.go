package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// fromPrograms starts an engine from the server program that is installed on
// the machine, whatever its version, on a data directory of its own.
func (r *Run) fromPrograms(ctx context.Context, engine dialect.Engine) (engines.Server, error) {
	dir, account, err := r.programDir(engine)
	if err != nil {
		return engines.Server{}, fmt.Errorf("programs: %w", err)
	}
	port, err := freePort(ctx)
	if err != nil {
		return engines.Server{}, fmt.Errorf("programs: %w", err)
	}
	p := program{run: r, engine: engine, dir: dir, account: account, port: port}
	prepare := map[dialect.Engine]func(context.Context) ([]string, error){
		dialect.PostgreSQL: p.preparePostgres, dialect.MySQL: p.prepareMySQL, dialect.MariaDB: p.prepareMariaDB,
	}[engine]
	command, err := prepare(ctx)
	if err != nil {
		return engines.Server{}, fmt.Errorf("programs: %w", err)
	}
	return p.serve(ctx, command)
}

// programDir makes the folder of an engine run as a program, and names the
// account that runs it when this process is root's, under which PostgreSQL
// refuses to run.
func (r *Run) programDir(engine dialect.Engine) (string, *user.User, error) {
	dir := filepath.Join(r.dir, string(engine))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", nil, err
	}
	if os.Getuid() != 0 {
		return dir, nil, nil
	}
	names := map[dialect.Engine]string{dialect.PostgreSQL: "postgres", dialect.MySQL: "mysql", dialect.MariaDB: "mysql"}
	account, err := user.Lookup(names[engine])
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return "", nil, err
		}
	}
	uid, gid, err := ids(account)
	if err != nil {
		return "", nil, err
	}
	return dir, account, os.Chown(dir, uid, gid)
}

func ids(account *user.User) (uid, gid int, err error) {
	uid, uidErr := strconv.Atoi(account.Uid)
	gid, gidErr := strconv.Atoi(account.Gid)
	return uid, gid, errors.Join(uidErr, gidErr)
}

// freePort returns a port that was free a moment ago.
func freePort(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}

// program is a server program being started.
type program struct {
	run     *Run
	engine  dialect.Engine
	dir     string
	account *user.User
	port    string
}

func (p program) path(name string) string { return filepath.Join(p.dir, name) }

// own writes a file that belongs to the server's account.
func (p program) own(name, content string, mode os.FileMode) error {
	if err := os.WriteFile(p.path(name), []byte(content), mode); err != nil {
		return err
	}
	if p.account == nil {
		return nil
	}
	uid, gid, err := ids(p.account)
	if err != nil {
		return err
	}
	return os.Chown(p.path(name), uid, gid)
}

// command is a command that runs under the server's account, in a process
// group of its own: an interrupt at the terminal ends the tests first.
func (p program) command(ctx context.Context, name string, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.account == nil {
		return cmd, nil
	}
	uid, gid, err := ids(p.account)
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // the system's own ids
	return cmd, nil
}

func (p program) execute(ctx context.Context, name string, args ...string) error {
	cmd, err := p.command(ctx, name, args...)
	if err != nil {
		return err
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, tail(output))
	}
	return nil
}

// serve starts the server and waits until it answers.
func (p program) serve(ctx context.Context, command []string) (engines.Server, error) {
	// The server outlives the start's context: Stop ends it.
	cmd, err := p.command(context.WithoutCancel(ctx), command[0], command[1:]...)
	if err != nil {
		return engines.Server{}, err
	}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return engines.Server{}, fmt.Errorf("start %s: %w", command[0], err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its output
		close(ended)
	}()
	p.run.onStop(func(ctx context.Context) error { return p.end(ctx, cmd.Process, ended) })

	server := engines.Server{
		Engine: p.engine, Source: "program " + command[0],
		URL: serverURL(p.engine, p.port, p.run.password), CAFile: filepath.Join(p.run.dir, caFile),
	}
	server.Version, err = waitReady(ctx, p.engine, server.URL, ended)
	if err == nil {
		return server, nil
	}
	stopErr := p.end(ctx, cmd.Process, ended)
	return engines.Server{}, errors.Join(fmt.Errorf("program %s: %w\n%s", command[0], err, tail(output.Bytes())), stopErr)
}

// end tells a server to shut down, and kills one that has not ended after ten
// seconds.
func (p program) end(ctx context.Context, process *os.Process, ended <-chan struct{}) error {
	signal := syscall.SIGTERM
	if p.engine == dialect.PostgreSQL {
		signal = syscall.SIGINT // at its SIGTERM PostgreSQL waits for clients
	}
	if err := process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop server: %w", err)
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
	}
	if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill server: %w", err)
	}
	<-ended
	return nil
}
