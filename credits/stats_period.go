package credits

import (
	"time"

	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// edges lists where the buckets of a time begin, and where the last one ends.
// Buckets are counted by the calendar, never by adding hours.
func (p StatsPeriod) edges(from, to time.Time) ([]time.Time, error) {
	edges := []time.Time{from}
	if p != PeriodNone {
		y, m, d := from.Date()
		for i := 1; ; i++ {
			next := p.bucket(y, m, d, i, from.Location())
			if !next.Before(to) {
				break
			}
			// A day that a zone skipped has no length, and no bucket.
			if next.After(edges[len(edges)-1]) {
				edges = append(edges, next)
			}
			if len(edges) > MaxStatsBuckets {
				return nil, valid.Failf("Period", "more than %d buckets of a %s", MaxStatsBuckets, p)
			}
		}
	}
	return append(edges, to), nil
}

// start is where the bucket that holds at begins.
func (p StatsPeriod) start(at time.Time) time.Time {
	y, m, d := at.Date()
	return p.bucket(y, m, d, 0, at.Location())
}

// bucket is where the i-th bucket after that of a date begins.
func (p StatsPeriod) bucket(y int, m time.Month, d, i int, loc *time.Location) time.Time {
	switch p {
	case PeriodMonth:
		return days.Start(y, m+time.Month(i), 1, loc)
	case PeriodWeek:
		weekday := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Weekday()
		return days.Start(y, m, d-(int(weekday)+6)%7+7*i, loc)
	default:
		return days.Start(y, m, d+i, loc)
	}
}
