package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// contest is one piece of work, done by hand and by the library.
type contest struct {
	name string
	// contestants by name. The first is the floor, which ratios are of.
	contestants []contestant
	// weight is how many pieces of work a call does.
	weight int
	// callers are how many at once a contestant has by its name, those of the stage's
	// connections for others.
	callers map[string]int
}

// contestant does the work once, for a user.
type contestant struct {
	name string
	work func(ctx context.Context, user int) error
}

// result is a contestant's speed in a contest.
type result struct {
	engine  dialect.Engine
	contest string
	conns   int
	name    string
	// perSecond is the median over the rounds, ratio that of the rounds' ratios to
	// the floor's lap in the same round.
	perSecond, ratio float64
	laps             []float64
}

// raceOn opens the engine once for each number of connections and runs the contests.
func raceOn(ctx context.Context, engine dialect.Engine, o options) (results, error) {
	var table results
	for _, conns := range o.conns {
		s, err := newStage(ctx, engine, conns, o)
		if err != nil {
			return nil, err
		}
		found, err := s.race(ctx, o)
		if closed := s.close(); err == nil {
			err = closed
		}
		if err != nil {
			return nil, err
		}
		table = append(table, found...)
	}
	return table, nil
}

// race runs every contest, the contestants of a round one after the other, so that
// what slows the machine down slows them all.
func (s *stage) race(ctx context.Context, o options) (results, error) {
	var table results
	for _, c := range s.contests() {
		if len(o.contests) > 0 && !slices.Contains(o.contests, c.name) {
			continue
		}
		laps := make([][]float64, len(c.contestants))
		for round := range o.rounds {
			for i, one := range c.contestants {
				callers := cmp.Or(c.callers[one.name], s.conns)
				speed, err := s.lap(ctx, one, callers, o.lap)
				if err != nil {
					return nil, fmt.Errorf("%s by %s: %w", c.name, one.name, err)
				}
				if round == 0 && o.rounds > 1 {
					if speed, err = s.lap(ctx, one, callers, o.lap); err != nil { // the first one warms up
						return nil, err
					}
				}
				laps[i] = append(laps[i], speed*float64(max(c.weight, 1)))
			}
		}
		for i, one := range c.contestants {
			r := result{engine: s.engine, contest: c.name, conns: s.conns, name: one.name, laps: laps[i], perSecond: median(laps[i])}
			r.ratio = median(quotients(laps[i], laps[0]))
			table = append(table, r)
			r.benchmark(os.Stdout)
		}
	}
	return table, nil
}

// lap has callers do the work for a while and returns how often a second.
func (s *stage) lap(ctx context.Context, c contestant, callers int, length time.Duration) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var done atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
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
	return float64(done.Load()) / time.Since(began).Seconds(), context.Cause(ctx)
}

func quotients(of, by []float64) []float64 {
	out := make([]float64, len(of))
	for i := range of {
		out[i] = of[i] / by[i]
	}
	return out
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
