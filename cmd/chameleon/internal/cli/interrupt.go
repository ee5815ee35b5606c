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

// writerFunc is a function that writes.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// until writes to w until ctx ends, also while nobody reads what w is given.
func until(ctx context.Context, w io.Writer) io.Writer {
	type written struct {
		n   int
		err error
	}
	return writerFunc(func(p []byte) (int, error) {
		done, own := make(chan written, 1), bytes.Clone(p) // p may change while a write of it goes on
		go func() {
			n, err := w.Write(own)
			done <- written{n, err}
		}()
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case got := <-done:
			return got.n, got.err
		}
	})
}
