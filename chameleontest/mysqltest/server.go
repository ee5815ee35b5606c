package mysqltest

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest/internal/temporary"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/mysql"
)

// Each connects once a process.
//
//nolint:gochecknoglobals // one server a process
var (
	mysqlServer   = sync.OnceValues(func() (*temporary.Server, error) { return connect(MySQLVariable) })
	mariadbServer = sync.OnceValues(func() (*temporary.Server, error) { return connect(MariaDBVariable) })
)

func connect(variable string) (*temporary.Server, error) {
	url := os.Getenv(variable)
	if url == "" {
		return nil, fmt.Errorf("%s is not set: name a server whose user may create databases", variable)
	}
	open := func(ctx context.Context, database string, options ...func(*handle.Settings)) (*bun.DB, error) {
		config, err := mysql.ParseURL(url)
		if err != nil {
			return nil, err
		}
		if database != "" {
			config.Conn().DBName = database
		}
		return mysql.Open(ctx, config, temporary.Settings(options))
	}
	ctx := context.Background()
	admin, err := open(ctx, "")
	if err != nil {
		return nil, err
	}
	s := &temporary.Server{
		Admin: admin, Open: open,
		List: "SELECT schema_name FROM information_schema.schemata", Drop: "DROP DATABASE IF EXISTS %s",
		Look: func(ctx context.Context, database string) (temporary.Content, error) {
			return look(ctx, admin, database)
		},
	}
	return s, s.DropOrphans(ctx)
}
