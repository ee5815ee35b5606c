package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/chameleon-go/chameleon/dialect/postgres"
	"github.com/chameleon-go/chameleon/internal/dburl"
)

// pgDump is pg_dump on the database of a URL.
func pgDump(url string) (*client, error) {
	return pgClient(url, "pg_dump", "--format=custom", "--no-password")
}

// pgRestore is pg_restore into the database of a URL, all of it or nothing. Who restores
// owns what is restored: roles are the server's, and not the database's.
func pgRestore(url string) (*client, error) {
	d, err := pgClient(url, "pg_restore", "--format=custom", "--no-password", "--single-transaction", "--exit-on-error",
		"--clean", "--if-exists", "--no-owner", "--no-privileges")
	if err != nil {
		return nil, err
	}
	c, err := postgres.ParseURL(url)
	if err != nil {
		return nil, err
	}
	// pg_restore connects for --dbname alone, and takes a name with = for more than a name.
	name := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(c.Conn().Database)
	d.args = append(d.args, "--dbname=dbname='"+name+"'")
	return d, nil
}

// pgClient is a program of PostgreSQL's on the database of a URL. All that is about the
// connection stands in its environment.
func pgClient(url, tool string, args ...string) (*client, error) {
	c, err := postgres.ParseURL(url)
	if err != nil {
		return nil, err
	}
	if c.Pooled() {
		return nil, usagef("%s needs a direct connection, and the URL is a pooler's: give the server's own by --url", tool)
	}
	u, err := dburl.Parse(url)
	if err != nil {
		return nil, err
	}
	conn := c.Conn()
	hosts, ports := []string{conn.Host}, []string{strconv.Itoa(int(conn.Port))}
	for _, f := range conn.Fallbacks { // a host may be there twice, with TLS and without
		port := strconv.Itoa(int(f.Port))
		if last := len(hosts) - 1; hosts[last] != f.Host || ports[last] != port {
			hosts, ports = append(hosts, f.Host), append(ports, port)
		}
	}
	d := &client{
		tool: tool, args: args,
		variables: []string{
			"PGHOST=" + strings.Join(hosts, ","), "PGPORT=" + strings.Join(ports, ","),
			"PGUSER=" + conn.User, "PGPASSWORD=" + conn.Password, "PGDATABASE=" + conn.Database,
			"PGSSLMODE=" + c.TLS, "PGCLIENTENCODING=UTF8",
		},
		secrets: []string{conn.Password},
	}
	return d, d.libpq(u.Params)
}

// libpq passes on what else a URL says about the connection.
func (d *client) libpq(params []dburl.Param) error {
	passed := []string{
		"sslrootcert", "sslcert", "sslkey", "sslsni", "sslcertmode", "sslnegotiation", "channel_binding",
		"require_auth", "target_session_attrs", "hostaddr", "krbsrvname",
	}
	for _, p := range params {
		key := strings.ToLower(p.Key)
		switch {
		case key == "sslpassword":
			return usagef("%s takes no sslpassword from its environment: use a client key without one, or leave --native out", d.tool)
		case slices.Contains(passed, key):
			d.variables = append(d.variables, "PG"+strings.ToUpper(strings.ReplaceAll(key, "_", ""))+"="+p.Value)
		}
	}
	return nil
}
