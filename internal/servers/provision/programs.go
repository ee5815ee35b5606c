package provision

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/engines/program"
)

// fromPrograms starts an engine from the server program that is installed on
// the machine, whatever its version, on a data directory of its own.
func (r *Run) fromPrograms(ctx context.Context, engine dialect.Engine) (engines.Server, error) {
	l, err := r.local(ctx, engine)
	if err != nil {
		return engines.Server{}, fmt.Errorf("programs: %w", err)
	}
	prepare := map[dialect.Engine]func(context.Context) ([]string, error){
		dialect.PostgreSQL: l.preparePostgres, dialect.MySQL: l.prepareMySQL, dialect.MariaDB: l.prepareMariaDB,
		engines.Redis: l.prepareRedis,
	}[engine]
	command, err := prepare(ctx)
	if err != nil {
		return engines.Server{}, fmt.Errorf("programs: %w", err)
	}
	return l.serve(ctx, command)
}

// local is an engine being started from a program of this machine.
type local struct {
	run     *Run
	engine  dialect.Engine
	dir     string
	account program.Account
	port    string
}

func (r *Run) local(ctx context.Context, engine dialect.Engine) (local, error) {
	owner := "mysql"
	switch engine {
	case dialect.PostgreSQL:
		owner = "postgres"
	case engines.Redis:
		owner = "redis"
	}
	account, err := program.AccountOf(owner, "nobody")
	if err != nil {
		return local{}, err
	}
	port, err := program.FreePort(ctx)
	if err != nil {
		return local{}, err
	}
	dir := filepath.Join(r.dir, string(engine))
	return local{run: r, engine: engine, dir: dir, account: account, port: port}, account.Mkdir(dir)
}

func (l local) path(name string) string { return filepath.Join(l.dir, name) }

// execute runs a program of the server's to its end.
func (l local) execute(ctx context.Context, name string, args ...string) error {
	if output, err := l.account.Command(ctx, l.dir, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, tail(output))
	}
	return nil
}

// serve starts the server and waits until it answers.
func (l local) serve(ctx context.Context, command []string) (engines.Server, error) {
	// The server outlives the start's context: Stop ends it.
	started, err := program.Start(l.account.Command(context.WithoutCancel(ctx), l.dir, command[0], command[1:]...))
	if err != nil {
		return engines.Server{}, err
	}
	signal := syscall.SIGTERM
	if l.engine == dialect.PostgreSQL {
		signal = syscall.SIGINT // at its SIGTERM PostgreSQL waits for clients
	}
	end := func(ctx context.Context) error { return started.End(ctx, signal) }
	l.run.onStop(end)

	server := engines.Server{
		Engine: l.engine, Source: "program " + command[0],
		URL: serverURL(l.engine, l.port, l.run.password), CAFile: filepath.Join(l.run.dir, caFile),
	}
	server.Version, err = waitReady(ctx, l.engine, server.URL, started.Ended())
	if err != nil {
		err = fmt.Errorf("program %s: %w\n%s", command[0], err, tail(started.Output()))
		return engines.Server{}, errors.Join(err, end(ctx))
	}
	return server, nil
}
