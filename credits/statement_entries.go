package credits

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/internal/archived"
)

const (
	// maxSeqs limits the entries that one statement reads by number.
	maxSeqs = 1000
	// firstSeqs entries are read after each first entry. The rest of longer operations is
	// read in growing steps.
	firstSeqs = 8
)

// tail is an operation of which more entries are wanted: those numbered from up to but not
// including to.
type tail struct{ op, from, to int64 }

// rest reads the entries after the first one of operations that have several, by OpSeq. An
// operation's entries are consecutive, and only the next entry shows where it ends, so a little
// more is read than returned.
func rest(ctx context.Context, db bun.IDB, user string, heads []head) (map[int64][]Entry, error) {
	var open []tail
	for i := range heads {
		if heads[i].Follows == heads[i].Seq {
			open = append(open, tail{op: heads[i].Seq, to: heads[i].Seq + 1})
		}
	}
	out := map[int64][]Entry{}
	for width := int64(firstSeqs); len(open) > 0; width = min(4*width, maxSeqs) {
		for i := range open {
			open[i].from, open[i].to = open[i].to, open[i].to+width
		}
		if err := readTails(ctx, db, user, open, out); err != nil {
			return nil, err
		}
		open = slices.DeleteFunc(open, func(t tail) bool {
			got := out[t.op]
			return len(got) == 0 || got[len(got)-1].Seq < t.to-1
		})
	}
	return out, nil
}

// readTails adds the entries of the tails to out. Numbers that are read for one operation may
// belong to another, which has them already or reads them as its own: each takes only what is in
// its own tail.
func readTails(ctx context.Context, db bun.IDB, user string, tails []tail, out map[int64][]Entry) error {
	wanted := make(map[int64]tail, len(tails))
	var seqs []int64
	for _, t := range tails {
		wanted[t.op] = t
		for seq := t.from; seq < t.to; seq++ {
			seqs = append(seqs, seq)
		}
	}
	rows, err := entriesBySeq(ctx, db, user, seqs)
	if err != nil {
		return err
	}
	for _, e := range rows {
		if t, ok := wanted[e.OpSeq]; ok && t.from <= e.Seq && e.Seq < t.to {
			out[e.OpSeq] = append(out[e.OpSeq], e)
		}
	}
	return nil
}

// entriesBySeq reads an account's entries with the given numbers, except first entries of
// operations, each once and in order.
func entriesBySeq(ctx context.Context, db bun.IDB, user string, seqs []int64) ([]Entry, error) {
	slices.Sort(seqs)
	seqs = slices.Compact(seqs)
	var out []Entry
	for len(seqs) > 0 {
		n := min(len(seqs), maxSeqs)
		var rows []Entry
		err := db.NewRaw("? ORDER BY seq", archived.Entries.Both("SELECT "+store.Columns[Entry](db, "t")+" FROM credits_trans AS t "+
			"WHERE user_uuid = ? AND seq IN (?) AND op_kind IS NULL",
			user, bun.List(seqs[:n]))).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
		seqs = seqs[n:]
	}
	return out, nil
}
