package transfer_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	bunschema "github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon"
	history "github.com/chameleon-go/chameleon/archive"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/events"
)

// odd are texts that go wrong where anything can.
var odd = []string{
	"", " ", "plain", "it's \"quoted\" \\ and \\' more", "-- ; DROP TABLE users; /* ? $1 */", "a\nb\r\tc",
	"日本語 中文 한국어", "e\u0301 ≠ é", "👩‍👩‍👧‍👦🏳️‍🌈", "العربية שלום", "\u200b\ufeff\u2028", "NULL", "\\x41", "\x01\x1f\x7f",
	`{"b": 1,  "a": [1.50, 1e3, null], "ü": "\u0041"}`,
}

// moments are times at the edges of what all engines hold.
var moments = []time.Time{
	time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	time.Date(1970, 1, 1, 0, 0, 0, 1000, time.UTC),
	time.Date(2024, 2, 29, 12, 34, 56, 123_456_000, time.UTC),
	time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
	time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
}

// filler writes rows of every table.
type filler struct {
	rand *rand.Rand
	next int
}

// fill writes n rows into each table that is not the ledger's, and a history of n
// operations into the ledger, of which the older part is archived.
func fill(t testing.TB, db *bun.DB, n int) {
	t.Helper()
	f := &filler{rand: rand.New(rand.NewPCG(1, uint64(n)))}
	f.ledger(t, db, n)
	_, err := history.Run(t.Context(), db, history.Params{Before: ledgerBegan.Add(time.Duration(n/2) * time.Second)})
	require.NoError(t, err)
	f.others(t, db, n)
}

// ledgerBegan is before the first operation, which come a second after another.
var ledgerBegan = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// isPlayed reports whether a table is filled by operations of the ledger; rows of
// others stand for themselves.
func isPlayed(model any) bool {
	switch model.(type) {
	case *credits.Account, *credits.Entry, *credits.ArchivedEntry, *credits.Lot, *credits.HoldRecord, *credits.Budget, *events.Record:
		return true
	}
	return false
}

// fillMany is fill for sizes: n operations, and a hundredth as many rows elsewhere. The
// ledger performs so many of them as are played. The others are those of more accounts,
// copied in the database, which takes seconds; the chain of such an account does not
// close, and no copy looks at it.
func fillMany(t testing.TB, db *bun.DB, n, played int) {
	t.Helper()
	f := &filler{rand: rand.New(rand.NewPCG(3, uint64(n)))}
	f.ledger(t, db, played)
	for i := 1; i < n/played; i++ {
		for _, model := range credits.Models() {
			if !isPlayed(model) {
				continue // totals are not an account's
			}
			copyAccounts(t, db, db.Table(reflect.TypeOf(model).Elem()), i)
		}
	}
	f.others(t, db, n/100)
}

// copyAccounts copies the rows of accounts that were played as those of others.
func copyAccounts(t testing.TB, db *bun.DB, table *bunschema.Table, i int) {
	t.Helper()
	var names, values []string
	for _, f := range table.Fields {
		switch f.Name {
		case "id":
			continue
		case "user_uuid", "trans_no":
			values = append(values, fmt.Sprintf("%s || '~%d'", f.Name, i))
		default:
			values = append(values, f.Name)
		}
		names = append(names, f.Name)
	}
	_, err := db.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %[1]s WHERE user_uuid NOT LIKE '%%~%%'",
		table.Name, strings.Join(names, ", "), strings.Join(values, ", ")))
	require.NoError(t, err)
}

// more goes on where fill, or more, was.
func (f *filler) more(t testing.TB, db *bun.DB, n int) {
	t.Helper()
	f.ledger(t, db, n)
	f.others(t, db, n)
}

func (f *filler) others(t testing.TB, db *bun.DB, n int) {
	t.Helper()
	for _, model := range chameleon.Models() {
		typ := reflect.TypeOf(model).Elem()
		if isPlayed(model) {
			continue
		}
		for left := n; left > 0; left -= 500 {
			f.rows(t, db, typ, min(left, 500))
		}
	}
}

func (f *filler) rows(t testing.TB, db *bun.DB, typ reflect.Type, n int) {
	t.Helper()
	table := db.Table(typ)
	rows := reflect.MakeSlice(reflect.SliceOf(reflect.PointerTo(typ)), 0, n)
	for range n {
		f.next++
		row := reflect.New(typ)
		empty := f.rand.IntN(8) == 0 // a row with all that is optional NULL
		for _, field := range table.Fields {
			if field.AutoIncrement || (empty && field.NullZero && !field.NotNull) {
				continue
			}
			f.set(field, row.Elem().FieldByIndex(field.Index))
		}
		rows = reflect.Append(rows, row)
	}
	at := reflect.New(rows.Type())
	at.Elem().Set(rows)
	_, err := db.NewInsert().Model(at.Interface()).Exec(t.Context())
	require.NoError(t, err, table.Name)
}

func (f *filler) set(field *bunschema.Field, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if f.rand.IntN(2) == 0 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	declared, _ := field.Tag.Option("type")
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(f.time()))
	case v.Kind() == reflect.Bool:
		v.SetBool(f.rand.IntN(2) == 0)
	case v.CanInt():
		v.SetInt(f.number(declared))
	case v.Kind() == reflect.String:
		v.SetString(f.text(declared))
	}
}

func (f *filler) number(declared string) int64 {
	if declared == "integer" {
		return []int64{0, 1, -1, math.MaxInt32, math.MinInt32}[f.rand.IntN(5)]
	}
	return []int64{0, 1, -1, math.MaxInt64, math.MinInt64, int64(f.rand.Uint64())}[f.rand.IntN(6)]
}

// text is odd, and nobody else's.
func (f *filler) text(declared string) string {
	own := fmt.Sprintf("%d-%x", f.next, f.rand.Uint32())
	s := own + odd[f.rand.IntN(len(odd))]
	if declared == "text" && f.rand.IntN(50) == 0 {
		s += strings.Repeat("long ✓ ", f.rand.IntN(20_000))
	}
	limit := 50
	_, _ = fmt.Sscanf(declared, "varchar(%d)", &limit)
	if runes := []rune(s); declared != "text" && len(runes) > limit {
		s = string(runes[:limit])
	}
	return s
}

func (f *filler) time() time.Time {
	if f.rand.IntN(4) == 0 {
		return moments[f.rand.IntN(len(moments))]
	}
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(f.rand.Int64N(1e16)) / 1000 * 1000)
}

// ledger plays a history over accounts, a hundred operations to each.
func (f *filler) ledger(t testing.TB, db *bun.DB, n int) {
	t.Helper()
	var ops []credits.Op
	for i := range n {
		f.next++
		user := fmt.Sprintf("user-%d-%s", i/100, odd[(i/100)%2+6])
		key := fmt.Sprintf("k:%d", f.next)
		when := ledgerBegan.Add(time.Duration(f.next) * time.Second)
		switch {
		case i%100 == 0 || i%10 == 9:
			ops = append(ops, credits.GrantParams{
				UserUUID: user, Amount: 1000, Key: key, At: when, Type: credits.TypeSystemAdd,
				ExpiresAt: when.AddDate(f.rand.IntN(3), 0, 1), Metadata: map[string]any{"note": "ünï 👍", "n": 1.5},
			})
		case i%10 == 3:
			ops = append(ops, credits.HoldParams{UserUUID: user, Amount: 3, Key: key, At: when})
		default:
			ops = append(ops, credits.ChargeParams{UserUUID: user, Amount: 1 + f.rand.Int64N(9), Key: key, At: when})
		}
		if len(ops) == credits.MaxBatch || i == n-1 {
			outcomes, err := credits.Post(t.Context(), db, credits.PostParams{Ops: ops})
			require.NoError(t, err)
			for _, o := range outcomes {
				require.NoError(t, o.Err)
			}
			ops = nil
		}
	}
	f.told(t, db, ledgerBegan.Add(time.Duration(f.next+1)*time.Second))
}

// told gives the first account a budget that counts, and events that nobody has taken.
func (f *filler) told(t testing.TB, db *bun.DB, at time.Time) {
	t.Helper()
	user, name := "user-0-"+odd[6], fmt.Sprintf("budget-%d", f.next)
	_, err := credits.SetBudget(t.Context(), db, credits.SetBudgetParams{UserUUID: user, Name: name, InAll: 100, Zone: "Asia/Tokyo", At: at})
	require.NoError(t, err)
	_, err = credits.Post(t.Context(), db, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
		credits.GrantParams{UserUUID: user, Amount: 10, Key: name, Type: credits.TypeSystemAdd, At: at},
		credits.ChargeParams{UserUUID: user, Amount: 7, Key: name + ":c", Budgets: []string{name}, At: at},
	}})
	require.NoError(t, err)
	for n := range 3 {
		_, err := credits.Emit(t.Context(), db, credits.EmitParams{UserUUID: user, Type: "test", Data: map[string]any{"n": n, "why": odd[7]}})
		require.NoError(t, err)
	}
}

// dump reads all rows of all tables, without the package under test.
func dump(t testing.TB, db *bun.DB) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	for _, model := range chameleon.Models() {
		table := db.Table(reflect.TypeOf(model).Elem())
		out[table.Name] = dumpTable(t, db, table)
	}
	return out
}

func dumpTable(t testing.TB, db *bun.DB, table *bunschema.Table) (lines []string) {
	t.Helper()
	names := make([]bun.Ident, len(table.Fields))
	for i, f := range table.Fields {
		names[i] = bun.Ident(f.Name)
	}
	rows, err := db.QueryContext(context.Background(), "SELECT ? FROM ?", bun.List(names), bun.Ident(table.Name))
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		raw, dest := make([]any, len(names)), make([]any, len(names))
		for i := range raw {
			dest[i] = &raw[i]
		}
		require.NoError(t, rows.Scan(dest...))
		var line strings.Builder
		for i, f := range table.Fields {
			fmt.Fprintf(&line, "%s=%s ", f.Name, shownValue(f, raw[i]))
		}
		lines = append(lines, line.String())
	}
	require.NoError(t, rows.Err())
	slices.Sort(lines)
	return lines
}

func shownValue(f *bunschema.Field, raw any) string {
	declared, _ := f.Tag.Option("type")
	switch v := raw.(type) {
	case nil:
		return "NULL"
	case []byte:
		raw = string(v)
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.000000")
	case bool:
		raw = map[bool]int{true: 1}[v]
	}
	if declared == "timestamptz" {
		return fmt.Sprintf("not a time: %q", raw)
	}
	return fmt.Sprintf("%q", fmt.Sprint(raw))
}

func requireSame(t testing.TB, want, got map[string][]string) {
	t.Helper()
	for name, lines := range want {
		require.Equal(t, lines, got[name], name)
	}
}
