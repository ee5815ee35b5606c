package storm

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

func (s *server) events() []event {
	events := []event{
		{"a stranger's session locks an account's row", s.lockRow},
		{"a stranger's session locks an account's row", s.lockRow},
		{"all lines cut at once", func(context.Context, *rand.Rand) error { s.proxy.CutAll(); return nil }},
		{"connections refused for a while", s.refuse},
	}
	if s.options.KeepServer {
		return events
	}
	return append(events,
		event{"server killed and started again", s.kill},
		event{"server frozen for a while", s.freeze},
		event{"server read-only for a while", s.readOnly},
		event{"all connections taken for a while", s.takeAll},
	)
}

func (s *server) refuse(ctx context.Context, random *rand.Rand) error {
	s.proxy.Refuse(true)
	pause(ctx, some(random, 20*time.Millisecond, time.Second))
	s.proxy.Refuse(false)
	return nil
}

// nobody has no account, and so a charge gets an answer that writes nothing.
const nobody = "00000000-0000-4000-8000-000000000000"

// kill kills the server, starts it again, and measures how long a handle that
// was open before needs to charge again.
func (s *server) kill(ctx context.Context, random *rand.Rand) (err error) {
	handle, err := chameleon.Open(ctx, s.urlAt(s.quiet.Address()), chameleon.WithPoolSize(2))
	if err != nil {
		handle = nil // another fault is in the way; the kill goes on without a measure
	}
	defer func() {
		if handle != nil {
			err = errors.Join(err, handle.Close())
		}
	}()
	if err := s.machine.Kill(ctx); err != nil {
		return err
	}
	pause(ctx, some(random, 0, time.Second))
	if err := s.machine.Restart(ctx); err != nil {
		return err
	}
	s.proxy.Retarget(hostOf(s.machine.Where().URL))
	s.quiet.Retarget(hostOf(s.machine.Where().URL))
	if err := s.machine.WaitReady(ctx); err != nil {
		return fmt.Errorf("%w\n%s", err, s.machine.Log(ctx))
	}
	back := time.Now()
	if err := s.openAdmin(); err != nil || handle == nil {
		return err
	}
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, time.Second)
		_, err := credits.Charge(try, handle, credits.ChargeParams{UserUUID: nobody, Amount: 1})
		cancel()
		if errors.Is(err, credits.ErrInsufficient) {
			s.report.recovered(time.Since(back))
			return nil
		}
	}
	return ctx.Err()
}

func (s *server) freeze(ctx context.Context, random *rand.Rand) error {
	if err := s.machine.Freeze(ctx); err != nil {
		return err
	}
	pause(ctx, some(random, 50*time.Millisecond, 3*time.Second))
	return s.machine.Thaw(context.WithoutCancel(ctx))
}

// readOnly makes the server refuse writes, as a failover does.
func (s *server) readOnly(ctx context.Context, random *rand.Rand) error {
	on, off := []string{"SET GLOBAL read_only = 1"}, []string{"SET GLOBAL read_only = 0"}
	switch s.options.Engine {
	case dialect.PostgreSQL:
		on = []string{"ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"}
		off = []string{"SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"}
	case dialect.MySQL: // administrators may write to a server that is read-only only
		on, off = []string{"SET GLOBAL super_read_only = 1"}, []string{"SET GLOBAL super_read_only = 0", "SET GLOBAL read_only = 0"}
	}
	conn, err := s.admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // goes back to the pool
	if err := execAll(ctx, conn, on); err != nil {
		return err
	}
	pause(ctx, some(random, 50*time.Millisecond, 2*time.Second))
	return execAll(context.WithoutCancel(ctx), conn, off)
}

func execAll(ctx context.Context, conn *sql.Conn, statements []string) error {
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// lockRow is another program's transaction on an account.
func (s *server) lockRow(ctx context.Context, random *rand.Rand) error {
	db, err := engines.OpenAdmin(s.options.Engine, s.urlAt(hostOf(s.machine.Where().URL)))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // rolls back
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil // the server is full: another fault
	}
	var user string
	err = tx.QueryRowContext(ctx, fmt.Sprintf("SELECT user_uuid FROM credits ORDER BY user_uuid LIMIT 1 OFFSET %d",
		random.IntN(accounts))).Scan(&user)
	if err == nil {
		query := "SELECT user_uuid FROM credits WHERE user_uuid = '" + user + "' FOR UPDATE"
		err = tx.QueryRowContext(ctx, query).Scan(&user)
	}
	if err == nil {
		pause(ctx, some(random, 10*time.Millisecond, 3*time.Second))
	}
	_ = tx.Rollback() // nothing was written, and the session ends
	return nil
}

// takeAll opens connections until the server has none left.
func (s *server) takeAll(ctx context.Context, random *rand.Rand) error {
	db, err := engines.OpenAdmin(s.options.Engine, s.urlAt(hostOf(s.machine.Where().URL)))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // and all its connections
	open, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for range 120 {
		if _, err := db.Conn(open); err != nil {
			break // that is all of them
		}
	}
	pause(ctx, some(random, 50*time.Millisecond, time.Second))
	return nil
}
