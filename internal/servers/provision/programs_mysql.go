package provision

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
)

func (l local) prepareMySQL(ctx context.Context) ([]string, error) {
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
	err = l.execute(ctx, mysqld, "--no-defaults", "--initialize-insecure", "--datadir="+l.path("data"), "--secure-file-priv=")
	if err != nil {
		return nil, err
	}
	return l.mysqlCommand(mysqld, "--secure-file-priv=")
}

func (l local) prepareMariaDB(ctx context.Context) ([]string, error) {
	mariadbd, err := exec.LookPath("mariadbd")
	if err != nil {
		return nil, err
	}
	err = l.execute(ctx, "mariadb-install-db", "--no-defaults", "--datadir="+l.path("data"),
		"--auth-root-authentication-method=normal", "--skip-test-db")
	if err != nil {
		return nil, err
	}
	return l.mysqlCommand(mariadbd)
}

func (l local) mysqlCommand(daemon string, flags ...string) ([]string, error) {
	root := fmt.Sprintf("ALTER USER 'root'@'localhost' IDENTIFIED BY '%[1]s';\n"+
		"CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '%[1]s';\n"+
		"GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n", l.run.password)
	if err := l.account.WriteFile(l.path("init.sql"), []byte(root)); err != nil {
		return nil, err
	}
	command := []string{
		daemon, "--no-defaults", "--datadir=" + l.path("data"), "--port=" + l.port, "--bind-address=127.0.0.1",
		"--socket=" + l.path("socket"), "--pid-file=" + l.path("pid"), "--init-file=" + l.path("init.sql"),
	}
	command = append(append(command, flags...), mysqlFlags(l.engine, l.run.options.Durable)...)
	return append(command, mysqlTLS(l.run.dir)...), nil
}
