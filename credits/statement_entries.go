package credits

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

const (
	// maxSeqs bounds the entries that one statement reads by number.
	maxSeqs = 1000
	// firstSeqs are read after each first entry. Operations that are longer are
	// read on in growing steps.
	firstSeqs = 8
)

// rest reads the entries after the first one of operations that have several,
// by OpSeq. An operation's entries follow one another; where it ends is seen
// only by what comes next, so that a little more is read than returned.
func rest(ctx context.Context, db bun.IDB, user string, heads []head) (map[int64][]Entry, error) {
	var open []int64
	for i := range heads {
		if heads[i].Follows == heads[i].Seq {
			open = append(open, heads[i].Seq)
		}
	}
	out := map[int64][]Entry{}
	for width := int64(firstSeqs); len(open) > 0; width = min(4*width, maxSeqs) {
		ends := make(map[int64]int64, len(open))
		var seqs []int64
		for _, op := range open {
			next := op + 1 + int64(len(out[op]))
			ends[op] = next + width
			for seq := next; seq < ends[op]; seq++ {
				seqs = append(seqs, seq)
			}
		}
		rows, err := entriesBySeq(ctx, db, user, seqs)
		if err != nil {
			return nil, err
		}
		for _, e := range rows {
			if e.Seq < ends[e.OpSeq] {
				out[e.OpSeq] = append(out[e.OpSeq], e)
			}
		}
		open = slices.DeleteFunc(open, func(op int64) bool {
			return op+1+int64(len(out[op])) < ends[op]
		})
	}
	return out, nil
}

// entriesBySeq reads those of an account's entries with the given numbers that
// are not the first of their operation, each once and in order.
func entriesBySeq(ctx context.Context, db bun.IDB, user string, seqs []int64) ([]Entry, error) {
	slices.Sort(seqs)
	seqs = slices.Compact(seqs)
	var out []Entry
	for len(seqs) > 0 {
		n := min(len(seqs), maxSeqs)
		var rows []Entry
		err := db.NewRaw("SELECT "+columnsOf[Entry](db, "t")+" FROM credits_trans AS t "+
			"WHERE user_uuid = ? AND seq IN (?) AND op_kind IS NULL ORDER BY seq",
			user, bun.List(seqs[:n])).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
		seqs = seqs[n:]
	}
	return out, nil
}
