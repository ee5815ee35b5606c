package engines

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/chameleon-go/chameleon/dialect"
)

// OpenAdmin prepares a handle on a server's URL for what surrounds the tests:
// asking for the version, creating and dropping databases. It uses the drivers
// as they are, so that it does not depend on what is being tested. One call
// may hold several statements. It connects to nothing yet.
func OpenAdmin(engine dialect.Engine, rawURL string) (*sql.DB, error) {
	if engine == dialect.PostgreSQL {
		db, err := sql.Open("pgx", rawURL)
		if err != nil {
			return nil, fmt.Errorf("open: %w", err)
		}
		return db, nil
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("the URL cannot be parsed") // the parser's text would hold the password
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	if u.Port() == "" {
		cfg.Addr += ":3306"
	}
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.MultiStatements = true
	cfg.Logger = &mysql.NopLogger{} // refused connections are expected until the server is up
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return sql.OpenDB(connector), nil
}

// Version asks a server for its version, in its own words.
func Version(ctx context.Context, engine dialect.Engine, admin *sql.DB) (string, error) {
	query := "SELECT VERSION()"
	if engine == dialect.PostgreSQL {
		query = "SHOW server_version"
	}
	var version string
	if err := admin.QueryRowContext(ctx, query).Scan(&version); err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", engine, err)
	}
	return version, nil
}
