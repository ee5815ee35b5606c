package main

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// lap is what a contestant did in a while.
type lap struct {
	// perSecond counts pieces of work.
	perSecond float64
	// cpu and allocs are the Go side's for a piece of work: on a machine that others
	// use too they say more than the time.
	cpu    time.Duration
	allocs float64
	// server is what the engine's server computed and logged for a piece of work.
	server usage
}

// lap has callers do the work for a while. On SQLite the Go side is all there is.
func (s *stage) lap(ctx context.Context, c contestant, callers, weight int, length time.Duration) (lap, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var done atomic.Int64
	var group sync.WaitGroup
	var before, after runtime.MemStats
	used := s.server.used(ctx)
	runtime.ReadMemStats(&before)
	cpu, began := cpuTime(), time.Now()
	end := began.Add(length)
	for range callers {
		group.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				if err := c.work(ctx, rand.IntN(len(s.users))); err != nil {
					cancel(err)
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	took := time.Since(began)
	cpu = cpuTime() - cpu
	runtime.ReadMemStats(&after)
	work := max(float64(done.Load()), 1) * float64(weight)
	used = s.server.used(ctx).since(used)
	return lap{
		perSecond: work / took.Seconds(), cpu: time.Duration(float64(cpu) / work),
		allocs: float64(after.Mallocs-before.Mallocs) / work,
		server: usage{time.Duration(float64(used.cpu) / work), used.log / work},
	}, context.Cause(ctx)
}
