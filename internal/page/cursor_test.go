package page

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
)

func TestCursor(t *testing.T) {
	at := time.Date(2026, 1, 31, 12, 0, 0, 123_456_000, time.UTC)
	for _, p := range []position{
		{timed: true, at: at, id: 7},
		{timed: true, at: time.Unix(0, 0).UTC(), id: math.MaxInt64},
		{timed: true, at: time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC), id: 1},
		{timed: true, at: time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC), id: 1},
		{timed: true, at: time.Date(294_275, 12, 31, 23, 59, 59, 999_999_000, time.UTC), id: 1},
		{timed: true, at: time.Date(-4_711, 3, 15, 0, 0, 0, 1000, time.UTC), id: 1},
		{timed: true, at: time.Date(-43, 3, 15, 0, 0, 0, 0, time.UTC), id: 1},
		{id: 1},
	} {
		cursor := p.encode("orders/x")
		got, err := decode(cursor, "orders/x", dialect.Capabilities{Engine: dialect.PostgreSQL})
		require.NoError(t, err)
		require.Equal(t, p, got)
		require.Equal(t, strings.Trim(cursor, "+/= "), cursor, "fit for a URL")

		_, err = decode(cursor, "orders/y", dialect.Capabilities{Engine: dialect.PostgreSQL})
		require.ErrorIs(t, err, dialect.ErrInvalid)
		_, err = decode(cursor[1:], "orders/x", dialect.Capabilities{Engine: dialect.PostgreSQL})
		require.ErrorIs(t, err, dialect.ErrInvalid)
		_, err = decode(cursor+"A", "orders/x", dialect.Capabilities{Engine: dialect.PostgreSQL})
		require.ErrorIs(t, err, dialect.ErrInvalid)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("", "s")
	f.Add(position{timed: true, at: time.Unix(1, 0), id: 1}.encode("s"), "s")
	f.Fuzz(func(t *testing.T, cursor, scope string) {
		p, err := decode(cursor, scope, dialect.Capabilities{Engine: dialect.PostgreSQL})
		if err != nil {
			require.ErrorIs(t, err, dialect.ErrInvalid)
			return
		}
		require.Equal(t, strings.ReplaceAll(strings.ReplaceAll(cursor, "\n", ""), "\r", ""), p.encode(scope))
	})
}
