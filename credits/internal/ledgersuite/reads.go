package ledgersuite

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
)

// CheckIdentity checks what StatsSums promises, of the whole, of every bucket
// and of every type, and that parts add up to the whole.
func CheckIdentity(t require.TestingT, got *credits.StatsResult) {
	var series int64
	for _, b := range append([]credits.StatsBucket{got.StatsBucket}, got.Series...) {
		var net int64
		checkSums(t, "all types", b.StatsSums)
		for _, byType := range b.ByType {
			checkSums(t, byType.Type, byType.StatsSums)
			net += byType.Net
		}
		require.Equal(t, b.Net, net, "types add up")
		series += b.Net
	}
	if len(got.Series) > 0 {
		require.Equal(t, 2*got.Net, series, "buckets add up")
	}
}

func checkSums(t require.TestingT, name string, s credits.StatsSums) {
	require.Equal(t, s.Net, s.Positive-s.Negative, "%s: %+v", name, s)
	require.Equal(t, s.Net, s.Granted-s.Consumed+s.Refunded-s.TakenBack, "%s: %+v", name, s)
}

// WantSums adds entries up as Stats must, by the verb that wrote them.
func WantSums(entries []RawEntry, from, to time.Time) (sums credits.StatsSums, byType []credits.TypeStats, users int64) {
	active := map[string]bool{}
	types := map[string]*credits.TypeStats{}
	for _, e := range entries {
		if e.Undated || e.Credits == 0 || e.At.Before(from) || !e.At.Before(to) {
			continue
		}
		active[e.UserUUID] = true
		if types[e.TransType] == nil {
			types[e.TransType] = &credits.TypeStats{Type: e.TransType}
		}
		count(&sums, e)
		count(&types[e.TransType].StatsSums, e)
		types[e.TransType].Entries++
	}
	for _, s := range types {
		byType = append(byType, *s)
	}
	slices.SortFunc(byType, func(x, y credits.TypeStats) int { return strings.Compare(x.Type, y.Type) })
	return sums, byType, int64(len(active))
}

func count(s *credits.StatsSums, e RawEntry) {
	s.Positive += max(e.Credits, 0)
	s.Negative += max(-e.Credits, 0)
	s.Net += e.Credits
	switch {
	case e.Kind == credits.KindClawBack && e.TransType == credits.TypeDebtPayment && e.Lot > 0 && e.Credits > 0:
		s.TakenBack -= e.Credits // paid debt that is given back
	case e.TransType == credits.TypeDebtPayment, e.TransType == credits.TypeCarryOver:
	case e.Kind != "" && e.TransType == credits.TypeClawBack:
		s.TakenBack -= e.Credits // what a claw-back had let go, when a refund or a release brings it back, too
	case e.Kind == credits.KindGrant, e.Kind == credits.KindPaidGrant, e.Kind == "" && e.Credits > 0:
		s.Granted += e.Credits
	case e.Kind == credits.KindCharge, e.Kind == credits.KindCapture, e.Kind == "":
		s.Consumed -= e.Credits
	case e.Kind == credits.KindRefund:
		s.Refunded += e.Credits
	case e.Kind == credits.KindClawBack, e.Kind == credits.KindVoid:
		s.TakenBack -= e.Credits
	}
}

// RawEntry is a row of credits_trans as it is, with a time that the test reads
// by itself.
type RawEntry struct {
	credits.Entry
	Kind    credits.Kind // of its operation
	At      time.Time
	Undated bool
}

// WholeStatement makes the lines that a statement without limits must have.
func WholeStatement(entries []RawEntry, p credits.StatementParams) []credits.StatementLine {
	var dated, undated []credits.StatementLine
	ops := map[int64][]RawEntry{}
	var seqs []int64
	for _, e := range entries {
		switch {
		case e.Seq != 0:
			if e.OpSeq == e.Seq {
				seqs = append(seqs, e.Seq)
			}
			ops[e.OpSeq] = append(ops[e.OpSeq], e)
		case e.Undated:
			undated = append(undated, rawLine([]RawEntry{e}))
		default:
			dated = append(dated, rawLine([]RawEntry{e}))
		}
	}
	slices.Sort(seqs)
	for _, seq := range seqs {
		dated = append(dated, rawLine(ops[seq]))
	}
	// Stable: legacy rows by id, then operations by seq, at equal times.
	slices.SortStableFunc(dated, func(x, y credits.StatementLine) int { return x.At.Compare(y.At) })
	if !p.OldestFirst {
		slices.Reverse(dated)
		slices.Reverse(undated)
	}
	return slices.DeleteFunc(append(dated, undated...), func(l credits.StatementLine) bool { return !kept(l, p) })
}

func kept(l credits.StatementLine, p credits.StatementParams) bool {
	switch {
	case len(p.Types) > 0 && !slices.Contains(p.Types, l.Type):
		return false
	case p.WithoutHolds && slices.Contains([]credits.Kind{"hold", "extend", "release", "timeout"}, l.Kind):
		return false
	case !p.From.IsZero() && (l.At.IsZero() || l.At.Before(p.From)):
		return false
	case !p.To.IsZero() && (l.At.IsZero() || !l.At.Before(p.To)):
		return false
	}
	return true
}

func rawLine(entries []RawEntry) credits.StatementLine {
	slices.SortFunc(entries, func(x, y RawEntry) int { return int(x.Seq - y.Seq) })
	first, last := entries[0], entries[len(entries)-1]
	line := credits.StatementLine{
		Key: first.OpKey, Kind: first.OpKind, Type: first.TransType, At: first.At,
		Balance: last.Balance, Available: last.Available, OrderNo: first.OrderNo, GenID: first.GenID,
		Metadata: first.Metadata, Legacy: first.Seq == 0,
	}
	if first.Undated {
		line.At = time.Time{}
	}
	for _, e := range entries {
		expires, err := time.Parse(time.RFC3339, e.ExpiredAt)
		expires = expires.UTC()
		if e.Seq == 0 || err != nil || expires.After(e.At) {
			line.Amount += e.Credits
		}
		line.Credits += e.Credits
		line.Held += e.Held
		line.Allocations = append(line.Allocations, credits.Allocation{
			Seq: e.Seq, Lot: e.Lot, Type: e.TransType, Credits: e.Credits, Held: e.Held,
			ExpiresAt: expires, ExpiredAt: e.ExpiredAt, Balance: e.Balance, Available: e.Available,
		})
	}
	return line
}

// PageThrough reads every page, and checks that none is longer than asked for.
func PageThrough(t require.TestingT, db bun.IDB, p credits.StatementParams) []credits.StatementLine {
	lines := []credits.StatementLine{}
	for {
		page, err := credits.Statement(context.Background(), db, p)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Items), p.Limit)
		lines = append(lines, page.Items...)
		if page.Next == "" {
			return lines
		}
		require.Len(t, page.Items, p.Limit, "only the last page may be short")
		p.Cursor = page.Next
	}
}

// CheckLines compares lines, each with the sum of its own entries too.
func CheckLines(t require.TestingT, want, got []credits.StatementLine) {
	require.Len(t, got, len(want))
	for i, line := range got {
		var sum int64
		for _, part := range line.Allocations {
			sum += part.Credits
		}
		require.Equal(t, sum, line.Credits, "line %d is the sum of its own entries", i)
		require.Equal(t, want[i], line, "line %d", i)
	}
}

// Most is the largest amount.
const Most = int64(1) << 53
