package valid_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

func TestTime(t *testing.T) {
	zone := time.FixedZone("", 3600)
	got, err := valid.Time("At", time.Date(2026, 1, 2, 3, 4, 5, 6_007_999, zone))
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 1, 2, 2, 4, 5, 6_007_000, time.UTC), got)

	now, err := valid.Time("At", time.Time{})
	require.NoError(t, err)
	require.Equal(t, time.UTC, now.Location())
	require.Positive(t, now.Year()-2000)

	for _, year := range []int{1969, 10_000, -5} {
		_, err := valid.Time("At", time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC))
		require.ErrorIs(t, err, dialect.ErrInvalid)
	}
}

func TestLongText(t *testing.T) {
	require.NoError(t, valid.LongText("Prompt", strings.Repeat("x", valid.MaxText)))
	for _, bad := range []string{strings.Repeat("x", valid.MaxText+1), "a\x00b", "\xff"} {
		require.ErrorIs(t, valid.LongText("Prompt", bad), dialect.ErrInvalid)
	}
}

func TestCurrency(t *testing.T) {
	for in, want := range map[string]string{"USD": "USD", "usd": "USD", "eUr": "EUR"} {
		got, err := valid.Currency("Currency", in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, in := range []string{"", "US", "USDT", "U$D", "ÜSD", " USD"} {
		_, err := valid.Currency("Currency", in)
		require.ErrorIs(t, err, dialect.ErrInvalid, "%q", in)
	}
}

func TestWebURL(t *testing.T) {
	for _, in := range []string{"https://cdn.example.com/r/1.png?x=1&y=2", "http://[::1]:8080/a"} {
		require.NoError(t, valid.WebURL("URL", in))
	}
	for _, in := range []string{"", "cdn.example.com/1.png", "//cdn.example.com/1.png", "ftp://x/y", "https://", "javascript:alert(1)", "https://a\x00b"} {
		require.ErrorIs(t, valid.WebURL("URL", in), dialect.ErrInvalid, "%q", in)
	}
}
