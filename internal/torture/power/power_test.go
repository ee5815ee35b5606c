package power

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fails is how many failures are tried at one moment, file the one that is
// looked at.
const (
	fails = 400
	file  = "/a"
)

// escaped is text as strace prints it.
func escaped(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		out.WriteString(`\x` + hex.EncodeToString([]byte{b}))
	}
	return out.String()
}

func pwrite(data string, at int) string {
	return fmt.Sprintf(`7 pwrite64(3<%s>, "%s", %d, %d) = %d`, escaped(file), escaped(data), len(data), at, len(data))
}

func sync(path string) string { return fmt.Sprintf("7 fdatasync(3<%s>) = 0", escaped(path)) }

// left are the contents of the file that failures after a trace's last line leave.
func left(t *testing.T, lines ...string) map[string]int {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	require.NoError(t, os.WriteFile(trace, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	calls, err := read(trace)
	require.NoError(t, err)
	d := &disk{durable: map[string][]byte{}, pending: map[string][]int{}, calls: calls}
	for i := range calls {
		d.step(i)
	}
	random := rand.New(rand.NewPCG(1, 2))
	contents := map[string]int{}
	for range fails {
		contents[string(d.fail(random, file))]++
	}
	return contents
}

// TestSyncedWritesSurvive: what was written before a sync is there after every
// failure.
func TestSyncedWritesSurvive(t *testing.T) {
	t.Parallel()
	got := left(t, pwrite("one", 0), pwrite("two", 3), sync(file))
	assert.Equal(t, map[string]int{"onetwo": fails}, got)
}

// TestUnsyncedWritesMayBeLost: of writes without a sync any part is left, in
// any order; a sync of another file does nothing for them.
func TestUnsyncedWritesMayBeLost(t *testing.T) {
	t.Parallel()
	got := left(t, pwrite("safe", 0), sync(file), pwrite("X", 0), pwrite("YY", 0), sync("/b"))
	for _, want := range []string{"safe", "Xafe", "YYfe", "XYfe"} {
		assert.Positive(t, got[want], "%q is never left: %v", want, got)
	}
	assert.Len(t, got, 4)
}

// TestUnsyncedTruncationMayBeLost: a file's length is as unsure as its content.
func TestUnsyncedTruncationMayBeLost(t *testing.T) {
	t.Parallel()
	got := left(t, pwrite("safe", 0), sync(file), "7 ftruncate(3<"+escaped(file)+">, 1) = 0")
	assert.Positive(t, got["safe"])
	assert.Positive(t, got["s"])
	assert.Len(t, got, 2)
}

// TestUnsyncedWritesMayBeTorn: a write of several sectors may be left in part,
// at a sector's boundary.
func TestUnsyncedWritesMayBeTorn(t *testing.T) {
	t.Parallel()
	old, fresh := strings.Repeat("o", sector), strings.Repeat("n", sector)
	got := left(t, pwrite(old+old, 0), sync(file), pwrite(fresh+fresh, 0))
	for _, want := range []string{old + old, fresh + fresh, fresh + old, old + fresh} {
		assert.Positive(t, got[want])
	}
	assert.Len(t, got, 4)
}

// TestSyncUnderWay: a sync that has not come back promises nothing, and one
// that has speaks only for what was written before it began.
func TestSyncUnderWay(t *testing.T) {
	t.Parallel()
	begun := "8 fsync(3<" + escaped(file) + "> <unfinished ...>"
	ended := "8 <... fsync resumed>) = 0"
	got := left(t, pwrite("one", 0), begun)
	assert.Positive(t, got[""])
	got = left(t, pwrite("one", 0), begun, pwrite("two", 3), ended)
	assert.Positive(t, got["one"])
	assert.Positive(t, got["onetwo"])
	assert.Len(t, got, 2)
}

// TestFailedSync: a sync that failed promises nothing.
func TestFailedSync(t *testing.T) {
	t.Parallel()
	got := left(t, pwrite("one", 0), "7 fsync(3<"+escaped(file)+">) = -1 EIO (Input/output error)")
	assert.Positive(t, got[""])
}
