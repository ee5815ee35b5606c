package transfer_test

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/transfer"
)

// A history of as many operations as CHAMELEON_TEST_COPY_ROWS says goes from SQLite
// through all engines and back. On each leg the copying process is killed in the
// middle, and another goes on. `make test-copy` says how fast, and in what memory.
func TestCopyOfManyRows(t *testing.T) {
	n := 300
	if text := os.Getenv("CHAMELEON_TEST_COPY_ROWS"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	source := enginetest.New(t, dialect.SQLite)
	began := time.Now()
	played := min(n, 10_000)
	fillMany(t, source.DB, n, played)
	entries, err := source.DB.NewSelect().Model((*credits.Entry)(nil)).Count(t.Context())
	require.NoError(t, err)
	t.Logf("%d operations, %d entries, made in %.0f s", n, entries, time.Since(began).Seconds())

	from := source
	for _, engine := range append(reached()[1:], dialect.SQLite) {
		to := enginetest.NewEmpty(t, engine)
		began := time.Now()
		require.False(t, copyKilled(t, from.URL, to.URL, 10+n/2000), "the copy ended before it was killed")
		halfway := time.Now()
		require.True(t, copyKilled(t, from.URL, to.URL, 1<<30))
		var used syscall.Rusage
		require.NoError(t, syscall.Getrusage(syscall.RUSAGE_CHILDREN, &used))
		t.Logf("%s to %s: killed after %.1f s, done after %.1f s more; peak memory of the process %d MB",
			from.Engine, engine, halfway.Sub(began).Seconds(), time.Since(halfway).Seconds(), used.Maxrss/1024)
		from = to
	}
	// What the chain ended with is what it began with, by one more call, which compares.
	began = time.Now()
	result, err := chameleon.Copy(t.Context(), source.DB, from.DB, transfer.CopyParams{Replace: true, NoAudit: n > played})
	require.NoError(t, err)
	require.True(t, result.OK(), result)
	for _, table := range result.Tables {
		require.Zero(t, table.Written+table.Removed, table.Table)
	}
	t.Logf("compared in %.1f s", time.Since(began).Seconds())
}

// What is copied in the database is as many entries again for each time.
func TestFillMany(t *testing.T) {
	t.Parallel()
	db := enginetest.New(t, dialect.SQLite).DB
	count := func(where string) int64 {
		n, err := db.NewSelect().Model((*credits.Entry)(nil)).Where("user_uuid " + where + " '%~%'").Count(t.Context())
		require.NoError(t, err)
		return n
	}
	fillMany(t, db, 60, 20)
	require.Positive(t, count("NOT LIKE"))
	require.Equal(t, 2*count("NOT LIKE"), count("LIKE"))
}
