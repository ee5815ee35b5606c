package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Line is one line of a client's log. Times are nanoseconds of the machine's
// clock, which all clients share.
type Line struct {
	// Intent is written before the first call of an operation.
	Intent *Op `json:"intent,omitempty"`
	// ID and Try name a call; its start and its answer have a line each.
	ID     string  `json:"id,omitempty"`
	Try    int     `json:"try,omitempty"`
	Start  int64   `json:"start,omitempty"`
	End    int64   `json:"end,omitempty"`
	AtUs   int64   `json:"at_us,omitempty"`
	Limit  int64   `json:"limit,omitempty"` // the deadline, ns after Start
	Answer *Answer `json:"answer,omitempty"`
	// Report is what a client says of itself when it stands still or ends.
	Report *Report `json:"report,omitempty"`
}

// Report is a client's word on what it still uses.
type Report struct {
	At         int64  `json:"at"`
	InUse      int    `json:"in_use"`
	Goroutines int    `json:"goroutines"`
	Stacks     string `json:"stacks,omitempty"`
	Final      bool   `json:"final,omitempty"`
	// Lag is the longest that the machine kept a sleeping goroutine waiting.
	Lag int64 `json:"lag"`
}

// Log is a client's log: one line a write, synced before the call goes on, so
// that a kill at any moment leaves whole lines and at most one torn one.
type Log struct {
	mu   sync.Mutex
	file *os.File
}

// Open appends to a log.
func Open(path string) (*Log, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &Log{file: file}, nil
}

// Write writes a line and syncs it.
func (l *Log) Write(line Line) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(text, '\n')); err != nil {
		return err
	}
	return l.file.Sync()
}

// Close closes the log.
func (l *Log) Close() error { return l.file.Close() }

// Read reads a log. A torn line at the end, or where a killed client's next
// life went on, is left out.
func Read(path string) ([]Line, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	var lines []Line
	reader := bufio.NewReaderSize(file, 1<<16)
	for number := 1; ; number++ {
		text, err := reader.ReadBytes('\n')
		if text = bytes.TrimSpace(text); len(text) > 0 {
			var line Line
			if bad := json.Unmarshal(text, &line); bad == nil {
				lines = append(lines, line)
			} else if err == nil && !torn(text) {
				return nil, fmt.Errorf("%s:%d: %w", path, number, bad)
			}
		}
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// torn reports whether a line is the beginning of one, cut by a kill, with the
// next life's first line behind it.
func torn(text []byte) bool { return bytes.Count(text, []byte(`{"`)) > 1 }
