package cli

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openTerminal makes a pseudoterminal, and returns its two ends: what shows and types,
// and what a process has for a terminal.
func openTerminal(t testing.TB) (near, far *os.File) {
	t.Helper()
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = near.Close() })
	var unlock, number int32
	control(t, near, syscall.TIOCSPTLCK, &unlock)
	control(t, near, syscall.TIOCGPTN, &number)
	far, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	return near, far
}

func control(t testing.TB, file *os.File, request uintptr, value *int32) {
	t.Helper()
	conn, err := file.SyscallConn()
	require.NoError(t, err)
	var failed syscall.Errno
	require.NoError(t, conn.Control(func(fd uintptr) {
		_, _, failed = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(value)))
	}))
	require.Zero(t, failed)
}

// onTerminal runs the command on a terminal, answers what it asks, and returns what the
// terminal showed.
func (s *shell) onTerminal(answer string, args ...string) (code int, shown string) {
	s.t.Helper()
	terminal, far := openTerminal(s.t)
	cmd := s.process(args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, far
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(s.t, cmd.Start())
	require.NoError(s.t, far.Close())
	var text strings.Builder
	r := bufio.NewReader(terminal)
	for {
		b, err := r.ReadByte() // the terminal fails when its last process has gone
		if err != nil {
			break
		}
		text.WriteByte(b)
		if answer != "" && strings.HasSuffix(text.String(), "Type yes to go on: ") {
			_, err := io.WriteString(terminal, answer)
			require.NoError(s.t, err)
		}
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), text.String()
}

// TestTerminal: on a terminal a bar is drawn and taken away, questions are asked, and a
// backup is not shown.
func TestTerminal(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.many()
	code, shown := s.onTerminal("", "backup", s.file("a.backup", ""))
	require.Zero(t, code, shown)
	assert.Contains(t, shown, "\r")
	assert.Contains(t, shown, "backup")
	code, shown = s.onTerminal("", "backup", s.file("b.backup", ""), "--quiet")
	require.Zero(t, code, shown)
	assert.NotContains(t, strings.ReplaceAll(shown, "\r\n", "\n"), "\r")
	code, shown = s.onTerminal("", "backup", "-")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, shown, "not for a terminal")
	code, shown = s.onTerminal("no\n", "undo", "--force")
	assert.Equal(t, exitUsage, code, shown)
	assert.Contains(t, shown, "nothing was done")
	s.ok("verify")
	code, shown = s.onTerminal("\x03", "undo", "--force") // Ctrl-C where it asks
	assert.Equal(t, exitInterrupted, code, shown)
	code, shown = s.onTerminal("yes\n", "undo", "--force")
	require.Zero(t, code, shown)
}
