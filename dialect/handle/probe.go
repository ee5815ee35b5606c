package handle

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// Probe connects and calls ask to find out what the server is. A server that accepts the
// connection and then does not answer is given up on after timeout; zero means no limit.
// Connecting has its own limit, for each host that is tried.
//
// Errors: *dialect.Error, and what ask returns.
func Probe(
	ctx context.Context, engine dialect.Engine, db *sql.DB, timeout time.Duration,
	ask func(ctx context.Context, conn *sql.Conn) error,
) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // back to the pool; what failed was reported by ask
	limited, cancel := limit(ctx, timeout)
	defer cancel()
	return dialect.ConnectError(ctx, engine, lateness(limited, ask(limited, conn)))
}

func limit(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}

// lateness is err, told as what it comes from when ctx is done: drivers then
// report a connection that broke, which database/sql would try again.
func lateness(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("no answer: %w", ctx.Err())
}
