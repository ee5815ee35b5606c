package transfer

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// copierIn is implemented by the dialect of an engine that can load rows as a stream.
type copierIn interface {
	CopyIn(ctx context.Context, conn any, statement string, rows io.Reader) error
}

// fewRows is the number of rows up to which an INSERT is as fast.
const fewRows = 10

// copyIn returns a function that loads rows with PostgreSQL's COPY, nil if that is not
// possible: the driver of a foreign handle is unknown, and CockroachDB's COPY differs.
func (s *side) copyIn() copierIn {
	in, ok := s.db.Dialect().(copierIn)
	if !ok || s.caps.Foreign || s.caps.IsCockroach() || s.caps.Engine != dialect.PostgreSQL {
		return nil
	}
	return in
}

// copyRows loads rows in the transaction on s's connection. COPY writes the ids that it is
// given, even to a column that is always generated.
func (s *side) copyRows(ctx context.Context, in copierIn, t *table, rows [][]value) error {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = s.quote(c.name)
	}
	statement := "COPY " + s.quote(t.name) + " (" + strings.Join(names, ", ") + ") FROM STDIN WITH (ENCODING 'UTF8')"
	b := make([]byte, 0, batchBytes)
	for _, row := range rows {
		for i, c := range t.columns {
			if i > 0 {
				b = append(b, '\t')
			}
			b = appendCopied(b, c.kind, row[i])
		}
		b = append(b, '\n')
	}
	return s.conn.Raw(func(conn any) error { return in.CopyIn(ctx, conn, statement, bytes.NewReader(b)) })
}

// appendCopied appends a value in COPY's text format.
func appendCopied(b []byte, k kind, v value) []byte {
	switch {
	case !v.set:
		return append(b, `\N`...)
	case k == kindInt:
		return strconv.AppendInt(b, v.n, 10)
	case k == kindBool && v.n != 0:
		return append(b, 't')
	case k == kindBool:
		return append(b, 'f')
	case k == kindTime:
		return append(b, clockOf(v.n)+"+00"...)
	case k == kindFloat:
		return strconv.AppendFloat(b, floatOf(v), 'e', -1, 64)
	}
	for i := range len(v.s) {
		switch c := v.s[i]; c {
		case '\\':
			b = append(b, `\\`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, c)
		}
	}
	return b
}
