package adopted

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPick(t *testing.T) {
	at := func(seconds ...int) (times []time.Time) {
		for _, s := range seconds {
			times = append(times, time.Unix(int64(s), 0))
		}
		return times
	}
	for name, c := range map[string]struct {
		entries, near, rivals []int
		key                   int // of the entry's second, -1 for none
		others                int
	}{
		"none":                       {nil, []int{100}, nil, -1, 0},
		"one":                        {[]int{130}, []int{100}, nil, 130, 0},
		"the nearer":                 {[]int{130, 90}, []int{100}, nil, 90, 0},
		"two in the margin":          {[]int{101, 100}, []int{100}, nil, -1, 2},
		"of two times":               {[]int{140, 80}, []int{100, 141}, nil, 140, 0},
		"another's":                  {[]int{130}, []int{100}, []int{131}, -1, 0},
		"another's, and its own":     {[]int{130, 110}, []int{100}, []int{131}, 110, 0},
		"as near to another":         {[]int{130}, []int{100}, []int{160}, -1, 1},
		"two rows, two entries":      {[]int{100, 200}, []int{200}, []int{100}, 200, 0},
		"one second, two of each":    {[]int{100, 100}, []int{100}, []int{100}, -1, 2},
		"far behind the two nearest": {[]int{100, 101, 500}, []int{100}, nil, -1, 2},
	} {
		var entries []Entry
		for _, e := range at(c.entries...) {
			entries = append(entries, Entry{At: e})
		}
		entry, others := pick(entries, at(c.near...), at(c.rivals...), 2*time.Second)
		require.Len(t, others, c.others, name)
		if c.key < 0 {
			require.Nil(t, entry, name)
			continue
		}
		require.Equal(t, int64(c.key), entry.At.Unix(), name)
	}
}
