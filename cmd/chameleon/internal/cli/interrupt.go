package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Interruptible returns a context that the first Ctrl-C or SIGTERM ends, and says so
// on w. The second ends the process.
func Interruptible(parent context.Context, w io.Writer) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			signal.Stop(signals) // the next one does what signals do
			fmt.Fprintln(w, "\nchameleon: stopping; press Ctrl-C again to stop at once")
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}

// until writes to w until ctx ends, also while nobody reads what w is given.
type until struct {
	ctx context.Context
	w   io.Writer
}

func (u until) Write(p []byte) (int, error) {
	type written struct {
		n   int
		err error
	}
	done, own := make(chan written, 1), bytes.Clone(p) // it may be written to while a write of it goes on
	go func() {
		n, err := u.w.Write(own)
		done <- written{n, err}
	}()
	select {
	case <-u.ctx.Done():
		return 0, u.ctx.Err()
	case got := <-done:
		return got.n, got.err
	}
}
