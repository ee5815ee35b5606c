// Package totals keeps sums of a table's rows by the quarter of an hour, the hour and
// the day of UTC that they belong to, so that a statistic over years adds up a few
// thousand numbers instead of millions of rows.
//
// A row says itself whether it is in a total: its column counted holds the quarter of an
// hour in whose totals it is, and NULL while it is in none. A statistic is the totals and
// the rows that are in none, read by one statement, and so it is exact at any moment:
// rows of other programs, rows of transactions that commit late and rows of times long
// past are all in none until [Table.Keep] puts them into one, in the transaction that
// marks them. Nobody else writes totals but a verb that changes a row which is in one: it
// adds what the row was with a minus before it, as a row of its own that nobody waits
// for, and the row is in none again.
package totals

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Quarter is how long the shortest totals are, in seconds: the clocks of all zones
// differ by whole quarters of an hour.
const Quarter = 15 * 60

// MaxName is the longest name of a total, in bytes of ASCII.
const MaxName = 50

// widths are how long totals are, in seconds, the longest first.
func widths() []int64 { return []int64{24 * 60 * 60, 60 * 60, Quarter} }

// Total is a row of the table chameleon_totals. There may be several of the same
// rows' sums, which are added up.
type Total struct {
	bun.BaseModel `bun:"table:chameleon_totals,alias:tot"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// Series is what is counted.
	Series string `bun:"series,notnull,type:varchar(50)" chameleon:"exact" json:"series"`
	// Width is for how long, in seconds, and Start when that begins, in seconds since 1970.
	Width int64 `bun:"width,notnull,type:bigint" json:"width"`
	Start int64 `bun:"start,notnull,type:bigint" json:"start"`
	Sum
	// Guard is the series on the one row that whoever writes its totals locks, and NULL
	// on all others.
	Guard string `bun:"guard,nullzero,type:varchar(50)" chameleon:"exact" json:"-"`
}

// Sum is what rows add up to.
type Sum struct {
	// Name divides a series: the currency, the status and provider, the rating.
	Name string `bun:"name,notnull,type:varchar(50)" chameleon:"exact" json:"name"`
	// N is how many rows there are, and the others what they add up to.
	N        int64 `bun:"n,notnull,type:bigint" json:"n"`
	Gross    int64 `bun:"gross,notnull,type:bigint,default:0" json:"gross"`
	Refunded int64 `bun:"refunded,notnull,type:bigint,default:0" json:"refunded"`
	Tax      int64 `bun:"tax,notnull,type:bigint,default:0" json:"tax"`
}

// Marks implements dialect.Marked.
func (*Total) Marks() []string { return []string{"id", "series", "width", "start"} }

// Indexes implements dialect.Indexed.
func (*Total) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "chameleon_totals_idx", Columns: []string{"series", "width", "start", "name", "n", "gross", "refunded", "tax"}},
		{Name: "chameleon_totals_guard_unique", Columns: []string{"guard"}, Unique: true},
	}
}

// StartOf is where the quarter of an hour begins that a time lies in, in seconds.
func StartOf(at time.Time) int64 { return floor(at.Unix(), Quarter) }

// floor is the last multiple of width that is not after n.
func floor(n, width int64) int64 { return n - ((n%width)+width)%width }

// negative is what takes a sum back.
func (s Sum) negative() Sum {
	return Sum{Name: s.Name, N: -s.N, Gross: -s.Gross, Refunded: -s.Refunded, Tax: -s.Tax}
}

// plus adds up two sums of a name, false where 64 bits do not hold the result.
func (s Sum) plus(o Sum) (Sum, bool) {
	all := true
	add := func(a, b int64) int64 {
		sum := a + b
		all = all && (sum > a) == (b > 0)
		return sum
	}
	return Sum{
		Name: s.Name, N: add(s.N, o.N), Gross: add(s.Gross, o.Gross), Refunded: add(s.Refunded, o.Refunded), Tax: add(s.Tax, o.Tax),
	}, all
}

// isZero reports whether adding the sum changes nothing.
func (s Sum) isZero() bool { return s.N == 0 && s.Gross == 0 && s.Refunded == 0 && s.Tax == 0 }
