package credits

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlaceCursor(t *testing.T) {
	for _, p := range []place{
		{kind: placeLedger, at: 1_767_225_600_000_000, id: 1},
		{kind: placeLegacy, at: -62_135_596_800_000_000, id: math.MaxInt64},
		{kind: placeUndated, id: 7},
		{kind: placeLedger, at: 5, id: 6, since: 1},
		{kind: placeUndated, id: 7, since: math.MaxInt64},
		{at: math.MaxInt64 - 1, id: 3, user: "0190a000-0000-7000-8000-000000000001"},
	} {
		cursor := p.cursor("a")
		got, err := parsePlace(cursor, "a")
		require.NoError(t, err)
		require.Equal(t, &p, got)
		require.Equal(t, strings.Trim(cursor, "+/= "), cursor, "fit for a URL")
		for _, bad := range []string{cursor[1:], cursor + "A", "A" + cursor, cursor + "=", " " + cursor} {
			_, err := parsePlace(bad, "a")
			require.ErrorIs(t, err, ErrInvalid, "%q", bad)
		}
		_, err = parsePlace(cursor, "b")
		require.ErrorContains(t, err, "other filters")
	}
	for _, bad := range []place{{kind: 3}, {id: -1}, {at: math.MaxInt64}, {user: "some\none"}, {user: "some\none", since: 1}} {
		_, err := parsePlace(bad.cursor("a"), "a")
		require.ErrorIs(t, err, ErrInvalid, "%+v", bad)
	}
}

func FuzzParsePlace(f *testing.F) {
	f.Add("", "s")
	f.Add(place{kind: placeLegacy, at: 5, id: 6}.cursor("s"), "s")
	f.Add(place{kind: placeLegacy, at: 5, id: 6, since: 7}.cursor("s"), "s")
	f.Fuzz(func(t *testing.T, cursor, scope string) {
		p, err := parsePlace(cursor, scope)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalid)
			return
		}
		if cursor != "" {
			plain := strings.NewReplacer("\n", "", "\r", "").Replace(cursor)
			require.Equal(t, plain, p.cursor(scope))
		}
	})
}
