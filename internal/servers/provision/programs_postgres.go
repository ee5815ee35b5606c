package provision

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// preparePostgres makes the data directory and returns the server's command.
func (l local) preparePostgres(ctx context.Context) ([]string, error) {
	initdb, err := findPostgres("initdb")
	if err != nil {
		return nil, err
	}
	if err := l.account.WriteFile(l.path("password"), []byte(l.run.password)); err != nil {
		return nil, err
	}
	for _, name := range []string{certFile, keyFile, hbaFile} {
		content, err := os.ReadFile(filepath.Join(l.run.dir, name))
		if err != nil {
			return nil, err
		}
		if err := l.account.WriteFile(l.path(name), content); err != nil {
			return nil, err
		}
	}
	err = l.execute(ctx, initdb, "--pgdata="+l.path("data"), "--username=postgres", "--pwfile="+l.path("password"),
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	if err != nil {
		return nil, err
	}
	command := []string{
		filepath.Join(filepath.Dir(initdb), "postgres"), "-D", l.path("data"), "-p", l.port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=" + l.dir,
	}
	return append(append(command, postgresFlags(l.run.options.Durable)...), postgresTLS(l.dir)...), nil
}

// findPostgres finds one of PostgreSQL's programs, which Debian keeps off the
// path; the newest version wins.
func findPostgres(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, best := "", 0
	paths, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil {
		return "", err
	}
	for _, path := range paths {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err == nil && version > best {
			found, best = path, version
		}
	}
	if found == "" {
		return "", fmt.Errorf("PostgreSQL's %s is not installed", name)
	}
	return found, nil
}
