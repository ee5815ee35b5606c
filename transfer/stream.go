package transfer

import (
	"context"
	"database/sql"
	"math"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// stream reads a table's rows in the order of its key.
type stream struct {
	t    *table
	rows *sql.Rows
	raw  []any
	dest []any
}

// part is which rows of a table are read.
type part struct {
	// after is the key after which they begin, nil for all.
	after []value
	// from and to limit the rows to a range of ids, if bounded.
	from, to int64
	bounded  bool
	// limit is the maximum number of rows, 0 for all.
	limit int
}

// open begins to read a part of t.
func (s *side) open(ctx context.Context, q bun.IConn, t *table, p part) (*stream, error) {
	rows, err := q.QueryContext(ctx, s.selects(t, p)) //nolint:rowserrcheck // by next
	if err != nil {
		return nil, err
	}
	r := &stream{t: t, rows: rows, raw: make([]any, len(t.columns)), dest: make([]any, len(t.columns))}
	for i := range r.raw {
		r.dest[i] = &r.raw[i]
	}
	return r, nil
}

func (s *side) selects(t *table, p part) string {
	b := []byte("SELECT ")
	for i, c := range t.columns {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, s.read(c)...)
	}
	b = append(b, " FROM "+s.quote(t.name)...)
	where := " WHERE "
	if p.after != nil {
		b = append(s.behind(append(b, where+"("...), t, p.after, 0), ')')
		where = " AND "
	}
	if p.bounded {
		name := s.quote(t.counter)
		b = append(b, where+name+" >= "+strconv.FormatInt(p.from, 10)+" AND "+name+" <= "+strconv.FormatInt(p.to, 10)...)
	}
	ordered := make([]string, len(t.key))
	for i, at := range t.key {
		ordered[i] = s.ordered(t.columns[at])
	}
	statement := string(b) + " ORDER BY " + strings.Join(ordered, ", ")
	if p.limit > 0 {
		statement += " LIMIT " + strconv.Itoa(p.limit)
	}
	return statement
}

// ordered returns the expression by which a column of the key is ordered.
func (s *side) ordered(c column) string {
	if c.kind == kindText {
		return s.bytes(c.name)
	}
	return s.quote(c.name)
}

// behind appends the condition that a row comes after the one with the given key.
func (s *side) behind(b []byte, t *table, key []value, place int) []byte {
	at := t.key[place]
	compare := func(sign string) {
		b = append(b, s.ordered(t.columns[at])+sign...)
		if t.columns[at].kind == kindText {
			b = s.byteText(b, key[at].s)
		} else {
			b = strconv.AppendInt(b, key[at].n, 10)
		}
	}
	compare(" > ")
	if place == len(t.key)-1 {
		return b
	}
	b = append(b, " OR "...)
	compare(" = ")
	b = s.behind(append(b, " AND ("...), t, key, place+1)
	return append(b, ')')
}

// next returns the next row, nil at the end.
func (r *stream) next() ([]value, error) {
	if !r.rows.Next() {
		return nil, r.rows.Err()
	}
	if err := r.rows.Scan(r.dest...); err != nil {
		return nil, err
	}
	row := make([]value, len(r.raw))
	wrong := -1
	for i, c := range r.t.columns {
		var ok bool
		if row[i], ok = scanned(c.kind, r.raw[i]); !ok && wrong < 0 {
			wrong = i
		}
	}
	if wrong >= 0 {
		return nil, &ValueError{
			Table: r.t.name, Key: r.t.keyText(row), Column: r.t.columns[wrong].name,
			Problem: "it is no " + r.t.columns[wrong].kind.String() + " that every engine can hold",
		}
	}
	return row, nil
}

func (r *stream) close() { _ = r.rows.Close() }

// scanned makes a value from what a driver read. It returns false if that is not of the
// kind.
func scanned(k kind, raw any) (v value, ok bool) {
	if raw == nil {
		return v, true
	}
	v.set = true
	switch k {
	case kindText, kindJSON:
		v.s, ok = scannedText(raw)
	case kindTime:
		var s string
		if s, ok = scannedText(raw); ok {
			v.n, ok = parseTime(s)
		}
	case kindFloat:
		var f float64
		f, ok = scannedFloat(raw)
		v.n = int64(math.Float64bits(f)) //nolint:gosec // bits
	case kindInt:
		v.n, ok = scannedInt(raw)
	case kindBool:
		if v.n, ok = scannedInt(raw); v.n != 0 {
			v.n = 1
		}
	}
	return v, ok
}

func scannedText(raw any) (string, bool) {
	switch raw := raw.(type) {
	case string:
		return raw, true
	case []byte:
		return string(raw), true
	case int64:
		return strconv.FormatInt(raw, 10), true
	}
	return "", false
}

func scannedInt(raw any) (int64, bool) {
	switch raw := raw.(type) {
	case int64:
		return raw, true
	case uint64:
		return int64(raw), raw <= math.MaxInt64 //nolint:gosec // compared
	case bool:
		if raw {
			return 1, true
		}
		return 0, true
	case float64:
		n := int64(raw)
		return n, float64(n) == raw && n != math.MaxInt64
	}
	s, ok := scannedText(raw)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func scannedFloat(raw any) (float64, bool) {
	switch raw := raw.(type) {
	case float64:
		return raw, true
	case float32:
		return float64(raw), true
	}
	s, ok := scannedText(raw)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func floatOf(v value) float64 { return math.Float64frombits(uint64(v.n)) } //nolint:gosec // bits
