package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
)

// TestNativeTools: the engines' own tools are given the password where no other
// process sees it, and the place and encryption that the URL names.
func TestNativeTools(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		engine dialect.Engine
		url    string
		tool   string
		given  []string
	}{
		{
			dialect.PostgreSQL, "postgres://ann:S3%22CR%5CET@db:5433/app?sslmode=verify-full&sslrootcert=system&channel_binding=require", "pg_dump",
			[]string{"PGHOST=db", "PGPORT=5433", "PGUSER=ann", `PGPASSWORD=S3"CR\ET`, "PGDATABASE=app", "PGSSLMODE=verify-full", "PGSSLROOTCERT=system", "PGCHANNELBINDING=require"},
		},
		{
			dialect.PostgreSQL, "postgres://ann:S3%22CR%5CET@one,two:6000/app?sslmode=prefer", "pg_dump",
			[]string{"PGHOST=one,two", "PGPORT=5432,6000", `PGPASSWORD=S3"CR\ET`, "PGSSLMODE=prefer"},
		},
		{
			dialect.MySQL, "mysql://ann:S3%22CR%5CET@db:3307/app?ssl-mode=REQUIRED", "mysqldump",
			[]string{"[client]", `user="ann"`, `password="S3\"CR\\ET"`, `host="db"`, `port="3307"`, "protocol=tcp", "ssl-mode=REQUIRED"},
		},
		{
			dialect.MariaDB, "mysql://ann:S3%22CR%5CET@localhost/app?socket=/run/my.sock", "mariadb-dump",
			[]string{"[client]", `password="S3\"CR\\ET"`, `socket="/run/my.sock"`, "skip-ssl"},
		},
	} {
		d, err := dumperOf(c.engine, c.url)
		require.NoError(t, err, c.url)
		assert.Equal(t, c.tool, d.tool)
		assert.NotContains(t, strings.Join(d.args, " "), "CR")
		assert.Subset(t, append(d.variables, strings.Split(d.options, "\n")...), c.given)
		back, err := restorerOf(c.engine, c.url)
		require.NoError(t, err, c.url)
		assert.NotContains(t, strings.Join(back.args, " "), "CR")
		assert.Equal(t, d.variables, back.variables)
		assert.Equal(t, d.options, back.options)
		assert.Equal(t, "FATAL: … is wrong", d.hide("FATAL: "+d.secrets[0]+" is wrong\n"))
	}
	for _, url := range []string{"postgres://ann:S3CRET@db:6543/app?pgbouncer=true", "postgres://ann:S3CRET@db/app?sslmode=require&sslpassword=x"} {
		_, err := dumperOf(dialect.PostgreSQL, url)
		var usage *usageError
		require.ErrorAs(t, err, &usage, url)
		assert.NotContains(t, err.Error(), "S3CRET")
		_, err = restorerOf(dialect.PostgreSQL, url)
		require.ErrorAs(t, err, &usage, url)
	}
}

// TestWholeDumps: a dump of another tool, or one that is cut off, is seen before a
// server's client reads it.
func TestWholeDumps(t *testing.T) {
	t.Parallel()
	const mariaDB = "/*M!999999\\- enable the sandbox mode */\n-- MariaDB dump 10.19\nCREATE TABLE t (id int);\n"
	for _, c := range []struct {
		engine  dialect.Engine
		content string
		problem string
	}{
		{dialect.PostgreSQL, "PGDMP…", ""},
		{dialect.PostgreSQL, "SQLite format 3\x00", "no backup that the tools of postgresql wrote"},
		{dialect.MySQL, "-- MySQL dump 10.13\nINSERT INTO t VALUES (1);\n-- Dump completed on 2026-01-31\n", ""},
		{dialect.MySQL, "-- MySQL dump 10.13\nINSERT INTO t VALUES (1);\n", "cut off"},
		{dialect.MariaDB, mariaDB + "\n-- Dump completed\n", ""},
		{dialect.MariaDB, mariaDB, "cut off"},
		{dialect.MariaDB, "PGDMP…", "no backup"},
		{dialect.SQLite, "", "no backup"},
	} {
		file, remove, err := spooled(strings.NewReader(c.content), t.TempDir())
		require.NoError(t, err)
		_, err = whole(c.engine, file)
		if c.problem == "" {
			require.NoError(t, err, c.content)
		} else {
			require.ErrorContains(t, err, c.problem)
		}
		require.NoError(t, remove())
		assert.NoFileExists(t, file.Name())
	}
}

// TestPrivateFile: a tool's option file is for its user alone, and goes.
func TestPrivateFile(t *testing.T) {
	t.Parallel()
	path, remove, err := private("password=x")
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, remove())
	assert.NoFileExists(t, path)
	d := &client{tool: "no-such-program", options: "password=S3CRET"}
	err = d.run(t.Context(), os.Getenv, nil, nil)
	assert.ErrorContains(t, err, "is not installed")
}
