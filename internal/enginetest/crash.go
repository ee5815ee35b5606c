package enginetest

import (
	"context"
	"iter"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"
)

// Crasher is a query hook that ends calls at one of their statements; see
// [Crash].
type Crasher struct{}

// BeforeQuery implements bun.QueryHook.
func (Crasher) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	if c, ok := ctx.Value(crashKey{}).(*crash); ok && !c.writes {
		c.strike()
	}
	return ctx
}

// AfterQuery implements bun.QueryHook.
func (Crasher) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	if c, ok := ctx.Value(crashKey{}).(*crash); ok && (!c.writes || writes(e)) {
		c.strike()
	}
}

// writes reports whether the statement changes anything, or makes changes last.
func writes(e *bun.QueryEvent) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(e.Query), " ")
	switch strings.ToUpper(word) {
	case "SELECT", "BEGIN", "START", "SET", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SHOW":
		return false
	}
	return true
}

// Crash runs do on a handle with a [Crasher], and ends it at place n of its
// statements: before one is sent where n is even, after it was done where n is
// odd. The call's context is cancelled, which ends its transaction as the death of
// the process would. It reports whether do got there.
//
// A call that dies before a statement has sent what one has that dies after the
// statement before: the odd places are all.
func Crash(ctx context.Context, n int64, do func(ctx context.Context) error) (bool, error) {
	return (&crash{at: n}).run(ctx, do)
}

// CrashAfterWrite is Crash at the n-th of the statements that write, COMMIT among them,
// when it was done: there are fewer of those.
func CrashAfterWrite(ctx context.Context, n int64, do func(ctx context.Context) error) (bool, error) {
	return (&crash{at: n, writes: true}).run(ctx, do)
}

func (c *crash) run(ctx context.Context, do func(ctx context.Context) error) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.cancel = cancel
	err := do(context.WithValue(ctx, crashKey{}, c))
	return c.struck.Load(), err
}

type crash struct {
	at     int64
	writes bool
	seen   atomic.Int64
	struck atomic.Bool
	cancel context.CancelFunc
}

type crashKey struct{}

func (c *crash) strike() {
	if c.seen.Add(1)-1 == c.at {
		c.struck.Store(true)
		c.cancel()
	}
}

// HistoriesVariable names the environment variable that says how many random
// histories a test goes through on each engine, or which: from-to.
const HistoriesVariable = "CHAMELEON_TEST_HISTORIES"

// Histories are the seeds of the random histories that a test goes through on each
// engine: as few as it says, unless the environment asks for others.
func Histories(t testing.TB, few uint64) iter.Seq[uint64] {
	t.Helper()
	from, until := uint64(0), few
	if text := os.Getenv(HistoriesVariable); text != "" {
		first, last, some := strings.Cut(text, "-")
		if !some {
			first, last = "0", text
		}
		from, until = seed(t, first), seed(t, last)
		if some {
			until++
		}
	}
	return func(yield func(uint64) bool) {
		for n := from; n < until && yield(n); n++ {
		}
	}
}

func seed(t testing.TB, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		t.Fatalf("%s: %v", HistoriesVariable, err)
	}
	return n
}
