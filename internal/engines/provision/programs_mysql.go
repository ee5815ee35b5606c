package provision

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
)

func (p program) prepareMySQL(ctx context.Context) ([]string, error) {
	mysqld, err := exec.LookPath("mysqld")
	if err != nil {
		return nil, err
	}
	version, err := exec.CommandContext(ctx, mysqld, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", mysqld, err)
	}
	if bytes.Contains(version, []byte("MariaDB")) {
		return nil, fmt.Errorf("%s is MariaDB's", mysqld)
	}
	err = p.execute(ctx, mysqld, "--no-defaults", "--initialize-insecure", "--datadir="+p.path("data"), "--secure-file-priv=")
	if err != nil {
		return nil, err
	}
	return p.mysqlCommand(mysqld, "--secure-file-priv=")
}

func (p program) prepareMariaDB(ctx context.Context) ([]string, error) {
	mariadbd, err := exec.LookPath("mariadbd")
	if err != nil {
		return nil, err
	}
	err = p.execute(ctx, "mariadb-install-db", "--no-defaults", "--datadir="+p.path("data"),
		"--auth-root-authentication-method=normal", "--skip-test-db")
	if err != nil {
		return nil, err
	}
	return p.mysqlCommand(mariadbd)
}

func (p program) mysqlCommand(daemon string, flags ...string) ([]string, error) {
	root := fmt.Sprintf("ALTER USER 'root'@'localhost' IDENTIFIED BY '%[1]s';\n"+
		"CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '%[1]s';\n"+
		"GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n", p.run.password)
	if err := p.own("init.sql", root, 0o600); err != nil {
		return nil, err
	}
	command := []string{
		daemon, "--no-defaults", "--datadir=" + p.path("data"), "--port=" + p.port, "--bind-address=127.0.0.1",
		"--socket=" + p.path("socket"), "--pid-file=" + p.path("pid"), "--init-file=" + p.path("init.sql"),
	}
	command = append(append(command, flags...), mysqlFlags(p.engine)...)
	return append(command, mysqlTLS(p.run.dir)...), nil
}
