package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

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
	// cpu in microseconds and allocs are the Go side's; serverCPU, too, and log in bytes
	// are the server's.
	cpu, allocs, serverCPU, log float64
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
		laps, err := s.laps(ctx, c, o)
		if err != nil {
			return nil, err
		}
		for i, one := range c.contestants {
			r := result{engine: s.engine, contest: c.name, conns: s.conns, name: one.name, laps: speeds(laps[i])}
			r.perSecond, r.ratio = median(r.laps), median(quotients(r.laps, speeds(laps[0])))
			r.cpu = median(each(laps[i], func(l lap) float64 { return float64(l.cpu.Microseconds()) }))
			r.allocs = median(each(laps[i], func(l lap) float64 { return l.allocs }))
			r.serverCPU = median(each(laps[i], func(l lap) float64 { return float64(l.server.cpu.Microseconds()) }))
			r.log = median(each(laps[i], func(l lap) float64 { return l.server.log }))
			table = append(table, r)
			r.benchmark(os.Stdout)
		}
	}
	return table, nil
}

// laps are those of each contestant, by round.
func (s *stage) laps(ctx context.Context, c contest, o options) ([][]lap, error) {
	laps := make([][]lap, len(c.contestants))
	for round := range o.rounds {
		for i, one := range c.contestants {
			callers, weight := cmp.Or(c.callers[one.name], s.conns), max(c.weight, 1)
			if round == 0 && o.rounds > 1 { // the first one warms up
				if _, err := s.lap(ctx, one, callers, weight, o.lap); err != nil {
					return nil, fmt.Errorf("%s by %s: %w", c.name, one.name, err)
				}
			}
			found, err := s.lap(ctx, one, callers, weight, o.lap)
			if err != nil {
				return nil, fmt.Errorf("%s by %s: %w", c.name, one.name, err)
			}
			laps[i] = append(laps[i], found)
		}
	}
	return laps, nil
}

func speeds(laps []lap) []float64 { return each(laps, func(l lap) float64 { return l.perSecond }) }

func each(laps []lap, of func(lap) float64) []float64 {
	out := make([]float64, len(laps))
	for i, l := range laps {
		out[i] = of(l)
	}
	return out
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
