package transfer_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/transfer"
)

// A copy that is cancelled at any of its statements, on the target, goes on when it
// is called again.
func TestCopyGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	source := enginetest.New(t, dialect.SQLite)
	fill(t, source.DB, 12)
	want := dump(t, source.DB)
	for _, engine := range reached() {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			to := enginetest.NewEmpty(t, engine)
			db := to.DB.WithQueryHook(enginetest.Crasher{})
			again := func(n int64) bool {
				reached, err := enginetest.Crash(t.Context(), n, func(ctx context.Context) error {
					_, err := chameleon.Copy(ctx, source.DB, db, transfer.CopyParams{NoAudit: true})
					return err
				})
				if !reached {
					require.NoError(t, err)
				}
				return reached
			}
			// Each attempt comes a little further than the one before.
			for n := int64(1); again(n); n += 13 {
				require.Less(t, n, int64(10_000))
			}
			requireSame(t, want, dump(t, to.DB))
			var left int
			require.Error(t, to.DB.NewRaw("SELECT COUNT(*) FROM chameleon_copy").Scan(t.Context(), &left), "the copy has ended")
		})
	}
}

// copyFrom and copyTo are the databases of a child process that copies until it is
// killed.
const (
	copyFrom = "CHAMELEON_TEST_COPY_FROM"
	copyTo   = "CHAMELEON_TEST_COPY_TO"
)

// The process that copies is killed, again and again, at any moment.
func TestCopyGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	if os.Getenv(copyFrom) != "" {
		copyInChild(t)
		return
	}
	source := enginetest.New(t, dialect.SQLite)
	fill(t, source.DB, 400)
	want := dump(t, source.DB)
	path := filepath.Join(t.TempDir(), "target.db")
	for _, batches := range []int{1, 6, 9, 14} {
		require.False(t, copyKilled(t, source.URL, "sqlite://"+path, batches), "the copy ended before it was killed")
	}
	require.True(t, copyKilled(t, source.URL, "sqlite://"+path, 1<<20))
	to, err := chameleon.Open(t.Context(), "sqlite://"+path)
	require.NoError(t, err)
	defer func() { require.NoError(t, to.Close()) }()
	requireSame(t, want, dump(t, to))
}

// copyKilled has a process copy, and kills it after a number of batches. It reports
// whether the copy came to its end before.
func copyKilled(t *testing.T, from, to string, batches int) bool {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCopyGoesOnAfterAKill$")
	child.Env = append(os.Environ(), copyFrom+"="+from, copyTo+"="+to)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	in, err := child.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	// The child tells of each batch, and waits to be told to go on.
	for b := make([]byte, 1); ; {
		if n, err := out.Read(b); n == 0 || err != nil {
			return child.Wait() == nil
		}
		if b[0] != batchMark {
			continue
		}
		if batches--; batches == 0 {
			require.NoError(t, child.Process.Kill())
			_, _ = io.Copy(io.Discard, out)
			require.Error(t, child.Wait())
			return false
		}
		_, err = in.Write(b)
		require.NoError(t, err)
	}
}

// batchMark is what the child prints for a batch; nothing else has it.
const batchMark = '\x06'

func copyInChild(t *testing.T) {
	t.Helper()
	from, err := chameleon.Open(t.Context(), os.Getenv(copyFrom))
	require.NoError(t, err)
	to, err := chameleon.Open(t.Context(), os.Getenv(copyTo))
	require.NoError(t, err)
	_, err = chameleon.Copy(t.Context(), from, to, transfer.CopyParams{NoAudit: true, Progress: func(p transfer.Progress) {
		if p.Rows == 0 {
			return
		}
		b := []byte{batchMark}
		_, err := os.Stdout.Write(b)
		require.NoError(t, err)
		_, err = os.Stdin.Read(b)
		require.NoError(t, err)
	}})
	require.NoError(t, err)
}
