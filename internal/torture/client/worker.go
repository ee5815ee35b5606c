package client

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// worker makes one call after the other.
type worker struct {
	*process

	random *rand.Rand
	name   string
	made   int
	done   memory
}

func newWorker(p *process, number int) *worker {
	return &worker{process: p, random: p.source(number), name: fmt.Sprintf("%s.%d.%d", p.config.Name, p.config.Life, number)}
}

// work performs operations until stop is closed.
func (w *worker) work(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		w.gate.mu.RLock()
		op, old := w.takeUnfinished()
		if !old {
			op = w.next()
			w.write(history.Line{Intent: &op})
		}
		w.perform(op)
		w.gate.mu.RUnlock()
	}
}

// write logs a line. A client without a log proves nothing, and ends.
func (w *worker) write(line history.Line) {
	if err := w.log.Write(line); err != nil {
		fmt.Fprintln(os.Stderr, "torture client: log:", err)
		os.Exit(1)
	}
}

// maxTries bounds the calls for one operation.
const maxTries = 8

// perform calls until it is told something definite, as the documentation
// tells callers to: the same call again, with the same key. Now and then it
// gives up early, as callers do.
func (w *worker) perform(op history.Op) {
	for try := 1; try <= maxTries; try++ {
		answer := w.call(op, try)
		switch answer.Class {
		case history.OK:
			w.done.keep(op, answer)
			return
		case history.Refused, history.Broken:
			return
		case history.Clean, history.Unknown:
		}
		if w.random.Float64() < 0.08 || w.gate.closing.Load() {
			return
		}
		time.Sleep(between(w.random, time.Millisecond, 50*time.Millisecond<<min(try, 4)))
	}
}

// call makes one call, and logs its start and its answer.
func (w *worker) call(op history.Op, try int) history.Answer {
	limit := between(w.random, w.config.Shortest, w.config.Longest)
	if try > 2 {
		limit = max(limit, w.config.Longest/8)
	}
	var at time.Time
	if w.config.Skew != 0 {
		at = time.Now().Add(w.config.Skew).UTC().Truncate(time.Microsecond)
	}
	line := history.Line{ID: op.ID, Try: try, Start: time.Now().UnixNano(), Limit: int64(limit)}
	if !at.IsZero() {
		line.AtUs = at.UnixMicro()
	}
	w.write(line)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	line.Start = time.Now().UnixNano()
	answer := w.do(ctx, op, try, at)
	line.End = time.Now().UnixNano()
	line.Answer = &answer
	w.write(line)
	return answer
}

// between draws a time, short ones as often as long ones.
func between(random *rand.Rand, shortest, longest time.Duration) time.Duration {
	if longest <= shortest {
		return shortest
	}
	ratio := float64(longest) / float64(shortest)
	return time.Duration(float64(shortest) * math.Pow(ratio, random.Float64()))
}
