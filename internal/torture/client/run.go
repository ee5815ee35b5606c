package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// process is a running client.
type process struct {
	config Config
	db     *bun.DB
	log    *history.Log
	gate   gate
	lag    lag
	// unfinished are operations of an earlier life that have no answer.
	mu         sync.Mutex
	unfinished []history.Op
	// left is what was in use before the handle was closed: from then on
	// database/sql counts connections, too, that it was about to open.
	left int
}

// Run is a client process from its start to its end, driven by the words that
// it reads from in. What it answers goes to out.
func Run(ctx context.Context, config Config, in io.Reader, out io.Writer) error {
	before := runtime.NumGoroutine()
	p := &process{config: config}
	if err := p.remember(); err != nil {
		return err
	}
	var err error
	if p.log, err = history.Open(config.Log); err != nil {
		return err
	}
	if p.db, err = open(ctx, config); err != nil {
		return err
	}
	var workers sync.WaitGroup
	stop := make(chan struct{})
	go p.lag.watch(stop)
	for i := range config.Workers {
		workers.Go(func() { newWorker(p, i).work(stop) })
	}
	words := bufio.NewScanner(in)
	for words.Scan() && words.Text() != SayStop {
		switch words.Text() {
		case SayPause:
			p.gate.close()
			if err := p.report(out, false, before); err != nil {
				return err
			}
		case SayGo:
			p.gate.open()
		}
	}
	close(stop)
	p.gate.open()
	p.gate.closing.Store(true)
	workers.Wait()
	p.left = p.inUse()
	_ = p.db.Close() // says that idle connections were dead, as many are here
	return p.report(out, true, before)
}

// open connects, for as long as it takes: the server may be away.
func open(ctx context.Context, config Config) (*bun.DB, error) {
	for end := time.Now().Add(time.Minute); ; {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		db, err := chameleon.Open(try, config.URL, chameleon.WithPoolSize(config.Pool))
		cancel()
		if err == nil || time.Now().After(end) {
			return db, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// remember reads what earlier lives of the client left without an answer.
func (p *process) remember() error {
	lines, err := history.Read(p.config.Log)
	if err != nil {
		return err
	}
	open := map[string]history.Op{}
	for _, line := range lines {
		switch {
		case line.Intent != nil:
			open[line.Intent.ID] = *line.Intent
		case line.Answer != nil:
			delete(open, line.ID) // whatever it was: the client has heard it
		}
	}
	for _, line := range lines {
		if line.Intent != nil {
			if op, ok := open[line.Intent.ID]; ok {
				p.unfinished = append(p.unfinished, op)
			}
		}
	}
	return nil
}

// takeUnfinished returns one of them, if one is left.
func (p *process) takeUnfinished() (history.Op, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.unfinished) == 0 {
		return history.Op{}, false
	}
	op := p.unfinished[0]
	p.unfinished = p.unfinished[1:]
	return op, true
}

// settleTime is how long what calls have given up may take to end, before it
// counts as left over: pgx gives a connection that it closes 15 seconds.
const settleTime = 20 * time.Second

// report says what the client still uses, now that no call is under way.
func (p *process) report(out io.Writer, final bool, before int) error {
	r := history.Report{Final: final, Lag: p.lag.take()}
	// What surrounds the workers: this package's own, and a pool's opener.
	own := before + p.config.Workers + 4
	if final {
		own = before + 1
	}
	for end := time.Now().Add(settleTime); ; time.Sleep(20 * time.Millisecond) {
		if r.InUse = p.left; !final {
			r.InUse = p.db.Stats().InUse
		}
		r.Goroutines = runtime.NumGoroutine() - own - p.perConnection(final)
		if r.InUse == 0 && r.Goroutines <= 0 || time.Now().After(end) {
			break
		}
	}
	if r.Goroutines = max(r.Goroutines, 0); r.Goroutines > 0 || r.InUse > 0 {
		stacks := make([]byte, 1<<16)
		r.Stacks = string(stacks[:runtime.Stack(stacks, true)])
	}
	r.At = time.Now().UnixNano()
	if err := p.log.Write(history.Line{Report: &r}); err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, string(text))
	return err
}

// inUse waits until no connection is in use, and returns how many still are.
func (p *process) inUse() int {
	for end := time.Now().Add(settleTime); p.db.Stats().InUse > 0 && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	return p.db.Stats().InUse
}

// perConnection is how many goroutines the drivers keep for open connections:
// go-sql-driver has a watcher for each.
func (p *process) perConnection(final bool) int {
	if final {
		return 0
	}
	each := 1
	if strings.HasPrefix(p.config.URL, "postgres") {
		each = 2
	}
	return each*p.db.Stats().OpenConnections + 4
}

// gate stops workers between operations.
type gate struct {
	mu      sync.RWMutex
	closed  bool
	closing atomic.Bool // callers give up instead of trying again
}

// close returns once every worker has stopped.
func (g *gate) close() {
	if !g.closed {
		g.closing.Store(true)
		g.mu.Lock()
		g.closed = true
	}
}

func (g *gate) open() {
	if g.closed {
		g.closing.Store(false)
		g.closed = false
		g.mu.Unlock()
	}
}

// lag is the longest that a sleeping goroutine waited beyond its time: what a
// busy machine adds to every call.
type lag struct {
	mu      sync.Mutex
	longest time.Duration
}

func (l *lag) watch(stop <-chan struct{}) {
	const nap = 5 * time.Millisecond
	for {
		start := time.Now()
		select {
		case <-stop:
			return
		case <-time.After(nap):
		}
		l.mu.Lock()
		l.longest = max(l.longest, time.Since(start)-nap)
		l.mu.Unlock()
	}
}

func (l *lag) take() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	longest := l.longest
	l.longest = 0
	return int64(longest)
}

// source is a worker's own source of chance.
func (p *process) source(worker int) *rand.Rand {
	return rand.New(rand.NewPCG(p.config.Seed, uint64(p.config.Life)<<32|uint64(worker)))
}
