package power

import (
	"math/rand/v2"
	"slices"
)

// sector is what a disk writes whole.
const sector = 512

// disk follows a trace: what each file certainly holds, and what was written
// since its last sync.
type disk struct {
	durable map[string][]byte
	pending map[string][]int // numbers of calls
	calls   []call
}

// step takes the i-th call of the trace.
func (d *disk) step(i int) {
	c := d.calls[i]
	switch {
	case c.name == "pwrite64", c.name == "ftruncate":
		d.pending[c.path] = append(d.pending[c.path], i)
	case c.ended:
		// What was written before the sync began is on disk now.
		var later []int
		for _, n := range d.pending[c.path] {
			if n < c.from {
				d.durable[c.path] = apply(d.durable[c.path], d.calls[n])
			} else {
				later = append(later, n)
			}
		}
		d.pending[c.path] = later
	}
}

// fail is what a failure leaves of a file: how much of what was not synced is
// a matter of chance.
func (d *disk) fail(random *rand.Rand, path string) []byte {
	content := slices.Clone(d.durable[path])
	pending := slices.Clone(d.pending[path])
	chance := []float64{0, 0.5, 0.9, 1}[random.IntN(4)]
	if random.IntN(2) == 0 {
		random.Shuffle(len(pending), func(i, j int) { pending[i], pending[j] = pending[j], pending[i] })
	}
	for _, n := range pending {
		if random.Float64() >= chance {
			continue
		}
		c := d.calls[n]
		if c.name == "pwrite64" && random.IntN(4) == 0 {
			c = tear(random, c)
		}
		content = apply(content, c)
	}
	return content
}

// tear keeps some whole sectors of a write, from its beginning or its end.
func tear(random *rand.Rand, c call) call {
	sectors := len(c.data) / sector
	if sectors < 2 {
		return c
	}
	at := sector * (1 + random.IntN(sectors-1))
	if random.IntN(2) == 0 {
		c.data = c.data[:at]
	} else {
		c.data, c.at = c.data[at:], c.at+int64(at)
	}
	return c
}

// apply is a file after a write or a truncation.
func apply(content []byte, c call) []byte {
	size := int(c.at)
	if c.name == "pwrite64" {
		size = max(len(content), int(c.at)+len(c.data))
	}
	if size <= len(content) {
		content = content[:size]
	} else {
		content = append(content, make([]byte, size-len(content))...)
	}
	if c.name == "pwrite64" {
		copy(content[c.at:], c.data)
	}
	return content
}
