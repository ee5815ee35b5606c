package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// transactions finds those that have been open for long: they keep locks, and keep
// the server from cleaning up.
func (e *exam) transactions(ctx context.Context) error {
	query := "SELECT pid AS id, COALESCE(usename, '') AS login, COALESCE(state, '') AS state, " +
		"CAST(EXTRACT(EPOCH FROM clock_timestamp() - xact_start) * 1000000 AS bigint) AS us FROM pg_stat_activity " +
		"WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' " +
		"AND xact_start <= clock_timestamp() - ? * interval '1 microsecond' ORDER BY xact_start LIMIT 5"
	end := "SELECT pg_terminate_backend(%d)"
	switch {
	case e.caps.Engine == dialect.SQLite:
		return skipped("SQLite does not tell")
	case e.caps.IsMySQL():
		query = "SELECT t.trx_mysql_thread_id AS id, p.USER AS login, t.trx_state AS state, " +
			"TIMESTAMPDIFF(MICROSECOND, t.trx_started, SYSDATE(6)) AS us FROM information_schema.INNODB_TRX AS t " +
			"JOIN information_schema.PROCESSLIST AS p ON p.ID = t.trx_mysql_thread_id WHERE p.DB = DATABASE() AND p.ID <> CONNECTION_ID() " +
			"AND TIMESTAMPDIFF(MICROSECOND, t.trx_started, SYSDATE(6)) >= ? ORDER BY t.trx_started LIMIT 5"
		end = "KILL %d"
	}
	var found []struct {
		ID    int64  `bun:"id"`
		Login string `bun:"login"`
		State string `bun:"state"`
		Us    int64  `bun:"us"`
	}
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		return shownAtLast(ctx, func() error { return q.NewRaw(query, e.p.LongTransaction.Microseconds()).Scan(ctx, &found) })
	})
	if errors.Is(dialect.Classify(err), dialect.ErrPermission) {
		return skipped("the right to see transactions is missing: GRANT PROCESS ON *.* to the user")
	}
	for _, t := range found {
		e.add(Finding{
			Code: "long_transaction", Severity: Warning, Case: CaseSlowQueries,
			Problem: fmt.Sprintf("the transaction of connection %d (user %s, %s) has been open for %s: others may wait for its locks",
				t.ID, shown.Text(t.Login), shown.Text(t.State), (time.Duration(t.Us) * time.Microsecond).Round(time.Second)),
			Remedy: "find out what holds it, such as a debugger or a call to another service inside a transaction; " + fmt.Sprintf(end, t.ID) + " ends it",
		})
	}
	return err
}

// shownAtLast reads MySQL's list of sessions. It has the statement that each runs,
// and where one holds a character beyond utf8mb3 the whole list is an error. Statements
// pass, so it is tried again a few times.
func shownAtLast(ctx context.Context, read func() error) error {
	for range 10 {
		err := read()
		e, ok := errors.AsType[*dialect.Error](dialect.Classify(err))
		if !ok || e.Code != "3854" {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return skipped("a statement that runs now has characters that MySQL cannot show (3854): try again")
}

// connections compares the server's limits with what is used and with this pool.
func (e *exam) connections(ctx context.Context) error {
	var limit, used int64
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) (err error) {
		switch {
		case e.caps.Engine == dialect.PostgreSQL:
			limit, used, err = connectionsPostgres(ctx, q)
		case e.caps.IsMySQL():
			limit, used, err = connectionsMySQL(ctx, q)
		default:
			return skipped("SQLite has no server")
		}
		return err
	})
	if err != nil {
		return err
	}
	const remedy = "make the pools of the application's processes smaller (connection_limit in DATABASE_URL), raise the limit, or use a pooler"
	pool := int64(e.db.Stats().MaxOpenConnections)
	switch {
	case used*5 >= limit*4:
		e.findf("connections_near_limit", Warning, remedy, "%d of %d connections are in use (%s)", used, limit, percent(used, limit))
	case pool > limit, pool == 0:
		e.findf("pool_too_large", Warning, remedy, "this handle's pool may open %s connections, and the server allows %d", poolSize(pool), limit)
	}
	return nil
}

func poolSize(n int64) string {
	if n == 0 {
		return "any number of"
	}
	return fmt.Sprint(n)
}

// connectionsPostgres takes the lowest of the server's, the database's and the role's
// limits.
func connectionsPostgres(ctx context.Context, q bun.IDB) (limit, used int64, err error) {
	var reserved, database, role, mine int64
	err = q.NewRaw("SELECT current_setting('max_connections')::bigint, "+
		"current_setting('superuser_reserved_connections')::bigint + COALESCE(current_setting('reserved_connections', true)::bigint, 0), "+
		"(SELECT datconnlimit FROM pg_database WHERE datname = current_database()), "+
		"(SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), "+
		"(SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "+
		"(SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user)").
		Scan(ctx, &limit, &reserved, &database, &role, &used, &mine)
	limit -= reserved
	for _, own := range []int64{database, role} {
		if own >= 0 && own < limit {
			limit, used = own, mine
		}
	}
	return limit, used, err
}

func connectionsMySQL(ctx context.Context, q bun.IDB) (limit, used int64, err error) {
	var name string
	if err = q.NewRaw("SHOW GLOBAL STATUS LIKE 'Threads_connected'").Scan(ctx, &name, &used); err != nil {
		return 0, 0, err
	}
	var user int64
	if err = q.NewRaw("SELECT @@GLOBAL.max_connections, @@SESSION.max_user_connections").Scan(ctx, &limit, &user); err != nil {
		return 0, 0, err
	}
	if user > 0 && user < limit {
		limit = user
		err = shownAtLast(ctx, func() error {
			return q.NewRaw("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = SUBSTRING_INDEX(USER(), '@', 1)").Scan(ctx, &used)
		})
	}
	return limit, used, err
}
