// Package power shows what a power failure leaves of a SQLite database. A
// client process works under strace, which notes every write and every sync of
// its files, in order. A failure at any place of that trace leaves what was
// synced before it, and of what was written since any part, in any order, torn
// at sectors: the operating system and the disk promise no more.
package power

import (
	"bufio"
	"encoding/hex"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// call is one system call of the trace.
type call struct {
	name string
	path string
	data []byte
	at   int64 // offset, or the new length of a truncation
	// ended is set on a sync that has come back, and from names its beginning.
	ended bool
	from  int
}

// line is such as
//
//	12 pwrite64(3<path>, "data", 7, 10) = 7
//	12 fdatasync(3<path> <unfinished ...>
//	12 <... fdatasync resumed>) = 0
//
// with paths and data as \x escapes.
var (
	begins  = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<([^>]*)>(\(deleted\))?(?:, "([^"]*)")?(?:, (\d+))?(?:, (\d+))?`)
	resumes = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>`)
)

// read reads a trace. A sync appears twice: where it began, and where it came
// back.
func read(path string) ([]call, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	var calls []call
	open := map[string]int{} // by thread: the sync that is under way
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		text := lines.Text()
		if m := resumes.FindStringSubmatch(text); m != nil {
			if from, ok := open[m[1]]; ok && strings.HasSuffix(text, "= 0") {
				calls = append(calls, call{name: "sync", path: calls[from].path, ended: true, from: from})
			}
			delete(open, m[1])
			continue
		}
		m := begins.FindStringSubmatch(text)
		if m == nil {
			continue // a signal, or a failed call without a file
		}
		if m[4] != "" {
			continue // a temporary file, which no name leads to
		}
		c, err := callOf(m)
		if err != nil {
			return nil, err
		}
		calls = append(calls, c)
		if c.name != "sync" {
			continue
		}
		if strings.HasSuffix(text, "= 0") {
			calls = append(calls, call{name: "sync", path: c.path, ended: true, from: len(calls) - 1})
		} else if strings.HasSuffix(text, "<unfinished ...>") {
			open[m[1]] = len(calls) - 1
		}
	}
	return calls, lines.Err()
}

func callOf(m []string) (call, error) {
	path, err := unescape(m[3])
	if err != nil {
		return call{}, err
	}
	data, err := unescape(m[5])
	if err != nil {
		return call{}, err
	}
	c := call{name: m[2], path: string(path), data: data}
	switch m[2] {
	case "fsync", "fdatasync":
		c.name = "sync"
	case "ftruncate":
		c.at, err = strconv.ParseInt(m[6], 10, 64)
	case "pwrite64":
		c.at, err = strconv.ParseInt(m[7], 10, 64)
	}
	return c, err
}

func unescape(text string) ([]byte, error) {
	return hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
}
