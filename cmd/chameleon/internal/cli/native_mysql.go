package cli

import (
	"net"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/mysql"
	"github.com/chameleon-go/chameleon/internal/dburl"
)

// mysqlDump is mysqldump, or mariadb-dump, on the database of a URL.
func mysqlDump(engine dialect.Engine, url string) (*client, error) {
	tool := "mysqldump"
	args := []string{
		"--single-transaction", "--routines", "--triggers", "--events", "--hex-blob", "--no-tablespaces",
		"--default-character-set=utf8mb4",
	}
	if engine == dialect.MariaDB {
		tool = "mariadb-dump"
	} else {
		args = append(args, "--set-gtid-purged=OFF")
	}
	return mysqlClient(engine, url, tool, args...)
}

// mysqlRestore is mysql, or mariadb, on the database of a URL. It takes no commands of
// its own, such as those of a shell, from what it reads.
func mysqlRestore(engine dialect.Engine, url string) (*client, error) {
	tool := "mysql"
	if engine == dialect.MariaDB {
		tool = "mariadb"
	}
	return mysqlClient(engine, url, tool, "--batch", "--binary-mode", "--default-character-set=utf8mb4")
}

// mysqlClient is a program of the server's on the database of a URL. All that is about
// the connection stands in its option file.
func mysqlClient(engine dialect.Engine, url, tool string, args ...string) (*client, error) {
	c, err := mysql.ParseURL(url)
	if err != nil {
		return nil, err
	}
	u, err := dburl.Parse(url)
	if err != nil {
		return nil, err
	}
	conn := c.Conn()
	lines := []string{"[client]", option("user", conn.User), option("password", conn.Passwd)}
	if conn.Net == "unix" {
		lines = append(lines, option("socket", conn.Addr), "protocol=socket")
	} else {
		host, port, err := net.SplitHostPort(conn.Addr)
		if err != nil {
			return nil, err
		}
		lines = append(lines, option("host", host), option("port", port), "protocol=tcp")
	}
	tls := mysqlTLS
	if engine == dialect.MariaDB {
		tls = mariaDBTLS
	}
	lines = append(append(lines, tls(c.TLS)...), certificates(u.Params, c.TLS)...)
	return &client{
		tool: tool, args: append(args, "--", conn.DBName), secrets: []string{conn.Passwd},
		options: strings.Join(lines, "\n") + "\n",
	}, nil
}

// option is a line of an option file, whatever is in the value.
func option(name, value string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`).Replace(value)
	return name + `="` + escaped + `"`
}

func mysqlTLS(mode string) []string {
	words := map[string]string{
		mysql.TLSDisable: "DISABLED", mysql.TLSPrefer: "PREFERRED", mysql.TLSRequire: "REQUIRED",
		mysql.TLSVerifyCA: "VERIFY_CA", mysql.TLSVerifyFull: "VERIFY_IDENTITY",
	}
	return []string{"ssl-mode=" + words[mode]}
}

// mariaDBTLS says the mode in MariaDB's words. It cannot verify the authority without
// the host's name, so that verify-ca becomes stricter.
func mariaDBTLS(mode string) []string {
	switch mode {
	case mysql.TLSDisable:
		return []string{"skip-ssl"}
	case mysql.TLSPrefer:
		return []string{"skip-ssl-verify-server-cert"}
	case mysql.TLSRequire:
		return []string{"ssl", "skip-ssl-verify-server-cert"}
	}
	return []string{"ssl", "ssl-verify-server-cert"}
}

// certificates are the files that the URL names, under the names that it has for them.
func certificates(params []dburl.Param, mode string) (lines []string) {
	files := map[string]string{}
	for _, p := range params {
		switch strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(p.Key)) {
		case "sslca", "sslrootcert", "sslcapath":
			files["ssl-ca"] = p.Value
		case "sslcert":
			files["ssl-cert"] = p.Value
		case "sslkey":
			files["ssl-key"] = p.Value
		}
	}
	if files["ssl-cert"] != "" && files["ssl-key"] == "" { // Prisma's name for the authority's
		files["ssl-ca"] = files["ssl-cert"]
		delete(files, "ssl-cert")
	}
	for _, name := range []string{"ssl-ca", "ssl-cert", "ssl-key"} {
		if path := files[name]; path != "" && path != "system" && mode != mysql.TLSDisable {
			lines = append(lines, option(name, path))
		}
	}
	return lines
}
