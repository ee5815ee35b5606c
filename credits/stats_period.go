package credits

import (
	"time"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/internal/days"
)

// bucketEdges lists where the buckets of a time range begin, and where the last one ends. A day that
// a zone skipped has no length and no bucket.
func bucketEdges(unit calendar.Unit, from, to time.Time) ([]time.Time, error) {
	if unit == calendar.None {
		return []time.Time{from, to}, nil
	}
	span, err := days.Divide(unit, from, to)
	if err != nil {
		return nil, err
	}
	edges := span.Edges[:1]
	for _, edge := range span.Edges[1:] {
		if edge.After(edges[len(edges)-1]) {
			edges = append(edges, edge)
		}
	}
	return edges, nil
}
