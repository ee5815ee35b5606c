package meter

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// What a child of the test is told.
const (
	childURL  = "CHAMELEON_METER_CHILD_URL"
	childUser = "CHAMELEON_METER_CHILD_USER"
)

// lossOf is the lease of the process that is killed, and with it what may be lost.
const lossOf = 50

// TestKilledProcess: of a process that is killed no more is lost than its lease, and
// nothing is paid that it had not counted.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	if url := os.Getenv(childURL); url != "" {
		countUntilKilled(t, url, os.Getenv(childUser))
		return
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := grant(t, env.DB, 1_000_000)
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcess$")
		child.Env = append(os.Environ(), childURL+"="+env.URL, childUser+"="+user)
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		told := int64(0)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			n, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				continue // the testing package's own
			}
			told = n
			if n == 120 {
				require.NoError(t, child.Process.Kill())
			}
		}
		require.Error(t, child.Wait())
		require.GreaterOrEqual(t, told, int64(120))

		b := balance(t, env.DB, user)
		paid := 1_000_000 - b.Available - b.Held
		assert.LessOrEqual(t, paid, told+1, "paid, and not counted")
		assert.GreaterOrEqual(t, paid, told-lossOf, "lost")
		later, err := credits.BalanceAt(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: time.Now().Add(2 * time.Hour)})
		require.NoError(t, err)
		assert.Equal(t, 1_000_000-paid, later.Available, "the rest comes back")
		env.Verified(t)
	})
}

// countUntilKilled is the child: it says what it has counted.
func countUntilKilled(t *testing.T, url, user string) {
	t.Helper()
	db, err := chameleon.Open(t.Context(), url)
	require.NoError(t, err)
	m, err := New(Params{DB: db, UserUUID: user, Lease: lossOf, Every: time.Hour, Grace: time.Minute})
	require.NoError(t, err)
	for n := 1; ; n++ {
		require.NoError(t, m.Take(t.Context(), 1))
		fmt.Println(n) //nolint:forbidigo // this is what the parent reads
	}
}

// TestCutConnections cuts the line at each exchange of two leases and their
// settlements, before the server hears of it and after it has answered. What was counted
// is paid, once.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			testLocked(t, env)
			return
		}
		proxy, through := wire.Before(t, env.URL)
		db, err := chameleon.Open(t.Context(), through, chameleon.WithPoolSize(1))
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, db.Close()) })
		user, left := grant(t, env.DB, 1000), int64(1000)
		proxy.EachCut(3, func(wire.Cut) {
			m := newMeter(t, Params{DB: db, UserUUID: user, Lease: 10})
			for m.Totals().Counted < 12 {
				_ = m.Take(t.Context(), 4)
			}
			require.NoError(t, m.Close(t.Context()))
			left -= 12
			assert.Equal(t, Totals{Counted: 12, Settled: 12}, m.Totals())
			b := balance(t, env.DB, user)
			assert.Equal(t, left, b.Available+b.Held)
		})
		env.Verified(t)
	})
}

// testLocked is for SQLite, which has no line to cut: a settlement fails, and is made
// again.
func testLocked(t *testing.T, env *enginetest.Env) {
	t.Helper()
	user := grant(t, env.DB, 100)
	m := newMeter(t, Params{DB: env.DB, UserUUID: user, Lease: 10})
	require.NoError(t, m.Take(t.Context(), 6))
	_, err := env.DB.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE UPDATE ON credits BEGIN SELECT RAISE(ABORT, 'full'); END`)
	require.NoError(t, err)
	require.Error(t, m.Take(t.Context(), 6))
	require.Error(t, m.Take(t.Context(), 1), "a lease that is being settled counts no more")
	_, err = env.DB.ExecContext(t.Context(), `DROP TRIGGER full`)
	require.NoError(t, err)
	require.NoError(t, m.Take(t.Context(), 6))
	require.NoError(t, m.Close(t.Context()))
	assert.Equal(t, Totals{Counted: 12, Settled: 12}, m.Totals())
	assert.EqualValues(t, 88, balance(t, env.DB, user).Available)
	env.Verified(t)
}
