package doctor

import (
	"context"
	"reflect"

	"github.com/chameleon-go/chameleon/dialect"
)

// pooler compares what the handle takes for granted with what is there. A pooler such
// as PgBouncer gives clients numbers of its own; the server says another.
func (e *exam) pooler(ctx context.Context) error {
	if e.caps.Engine != dialect.PostgreSQL {
		return skipped("this engine's poolers keep sessions")
	}
	conn, err := e.db.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // back to the pool
	var server, client int64
	if err := conn.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&server); err != nil {
		return err
	}
	_ = conn.Raw(func(driverConn any) error { // nothing fails in it
		client = backendOf(driverConn)
		return nil
	})
	between := client != 0 && client != server
	switch {
	case e.caps.Pooled:
		e.findf("pooler", Info, "none: the handle knows. A direct connection makes charges faster and keeps session settings",
			"a transaction pooler stands between, or the URL says so: no prepared statements, no session settings")
	case between:
		e.findf("pooler_unknown", Warning, "if it pools by transaction, put pgbouncer=true in DATABASE_URL or open with WithTransactionPooler(true); "+
			"in session mode all is well", "a pooler stands between, and the handle does not know")
	case client == 0:
		return skipped("the driver does not tell")
	}
	return nil
}

// backendOf is the server process's number as pgx was told it, 0 for other drivers.
// It goes by the shape: this package links no driver.
func backendOf(driverConn any) int64 {
	conn := call(reflect.ValueOf(driverConn).MethodByName("Conn"))
	if !conn.IsValid() {
		return 0
	}
	conn = call(conn.MethodByName("PgConn"))
	if !conn.IsValid() {
		return 0
	}
	pid := call(conn.MethodByName("PID"))
	if !pid.IsValid() || !pid.CanUint() {
		return 0
	}
	return int64(pid.Uint()) //nolint:gosec // of 32 bits
}

// call calls a method without arguments that returns one value.
func call(method reflect.Value) reflect.Value {
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 1 {
		return reflect.Value{}
	}
	return method.Call(nil)[0]
}
