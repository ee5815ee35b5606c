package doctor

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// tls says whether the connection is encrypted. A socket and the machine's own
// addresses need not be.
func (e *exam) tls(ctx context.Context) error {
	var encrypted, local bool
	var err error
	switch {
	case e.caps.Engine == dialect.PostgreSQL:
		encrypted, local, err = e.tlsPostgres(ctx)
	case e.caps.IsMySQL():
		encrypted, local, err = e.tlsMySQL(ctx)
	default:
		return skipped("SQLite has no network")
	}
	if err == nil && !encrypted && !local {
		e.findf("no_tls", Warning, "put sslmode=verify-full (MySQL: ssl-mode=VERIFY_IDENTITY) in DATABASE_URL; require encrypts without verification",
			"the connection to the database is not encrypted")
	}
	return err
}

func (e *exam) tlsPostgres(ctx context.Context) (encrypted, local bool, err error) {
	err = e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false), "+
			"COALESCE(inet_client_addr() <<= '127.0.0.0/8' OR inet_client_addr() = '::1', true)").Scan(ctx, &encrypted, &local)
	})
	return encrypted, local, err
}

func (e *exam) tlsMySQL(ctx context.Context) (encrypted, local bool, err error) {
	err = e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		var name, cipher string
		if err := q.NewRaw("SHOW SESSION STATUS LIKE 'Ssl_cipher'").Scan(ctx, &name, &cipher); err != nil {
			return err
		}
		encrypted = cipher != ""
		return q.NewRaw("SELECT SUBSTRING_INDEX(USER(), '@', -1) IN ('localhost', '127.0.0.1', '::1')").Scan(ctx, &local)
	})
	return encrypted, local, err
}
