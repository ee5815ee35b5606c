package enginetest

import (
	"context"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"
)

// Crasher is a query hook that ends calls at one of their statements; see
// [Crash].
type Crasher struct{}

// BeforeQuery implements bun.QueryHook.
func (Crasher) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	strike(ctx)
	return ctx
}

// AfterQuery implements bun.QueryHook.
func (Crasher) AfterQuery(ctx context.Context, _ *bun.QueryEvent) { strike(ctx) }

// Crash runs do on a handle with a [Crasher], and ends it at place n of its
// statements: before one is sent where n is even, after it was done where n is
// odd. The call's context is cancelled, which ends its transaction as the death of
// the process would. It reports whether do got there.
//
// A call that dies before a statement has sent what one has that dies after the
// statement before: the odd places are all.
func Crash(ctx context.Context, n int64, do func(ctx context.Context) error) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &crash{at: n, cancel: cancel}
	err := do(context.WithValue(ctx, crashKey{}, c))
	return c.struck.Load(), err
}

type crash struct {
	at     int64
	seen   atomic.Int64
	struck atomic.Bool
	cancel context.CancelFunc
}

type crashKey struct{}

func strike(ctx context.Context) {
	if c, ok := ctx.Value(crashKey{}).(*crash); ok && c.seen.Add(1)-1 == c.at {
		c.struck.Store(true)
		c.cancel()
	}
}

// HistoriesVariable names the environment variable that says how many random
// histories a test goes through on each engine.
const HistoriesVariable = "CHAMELEON_TEST_HISTORIES"

// Histories is how many random histories a test goes through on each engine:
// few, unless the environment asks for more.
func Histories(t testing.TB, few uint64) uint64 {
	t.Helper()
	text := os.Getenv(HistoriesVariable)
	if text == "" {
		return few
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		t.Fatalf("%s: %v", HistoriesVariable, err)
	}
	return n
}
