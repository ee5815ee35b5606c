package page

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
)

func TestTextCursor(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a", "", "Kling 2.1", "雪", strings.Repeat("x", 255)} {
		cursor := TextCursor("names", text)
		got, err := ParseTextCursor(cursor, "names", 255)
		require.NoError(t, err)
		require.Equal(t, text, got)
		require.Equal(t, strings.Trim(cursor, "+/= "), cursor, "fit for a URL")
	}
	got, err := ParseTextCursor("", "names", 255)
	require.NoError(t, err)
	require.Empty(t, got)
	cursor, timed := TextCursor("names", "abc"), position{timed: true, id: 1}.encode("names")
	forged := TextCursor("names", "a\x00")
	for _, bad := range []string{
		"abc", cursor[1:], cursor + "A", cursor + "\n=", timed, forged, TextCursor("others", "abc"), TextCursor("names", "\xff"),
		TextCursor("names", strings.Repeat("x", 256)), base64.RawURLEncoding.EncodeToString([]byte{textVersion}),
	} {
		_, err := ParseTextCursor(bad, "names", 255)
		require.ErrorIs(t, err, dialect.ErrInvalid, bad)
	}
}

func FuzzParseTextCursor(f *testing.F) {
	f.Add("", "s")
	f.Add(TextCursor("s", "name"), "s")
	f.Fuzz(func(t *testing.T, cursor, scope string) {
		text, err := ParseTextCursor(cursor, scope, 255)
		if err != nil {
			require.ErrorIs(t, err, dialect.ErrInvalid)
			return
		}
		if cursor != "" {
			require.Equal(t, strings.NewReplacer("\n", "", "\r", "").Replace(cursor), TextCursor(scope, text))
		}
	})
}
