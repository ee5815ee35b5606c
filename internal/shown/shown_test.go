package shown_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/shown"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"ord_7":                  "ord_7",
		"Doubao Seedance 1.0":    "Doubao Seedance 1.0",
		"zoë@bücher.example":     "zoë@bücher.example",
		" x":                     `" x"`,
		"a\nlevel=ERROR msg=no":  `"a\nlevel=ERROR msg=no"`,
		"\x1b[2J":                `"\x1b[2J"`,
		"a\u202eb\u200bc":        `"a\u202eb\u200bc"`,
		"\xff":                   `"\xff"`,
		`say "so"`:               `"say \"so\""`,
		"a\u2028b\u0085":         `"a\u2028b\u0085"`,
		strings.Repeat("x", 300): `"` + strings.Repeat("x", 256) + `"…`,
	} {
		require.Equal(t, want, shown.Text(in))
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		`plain "as it is" \ said`: `plain "as it is" \ said`,
		"two\nlines\x1b[1m":       `two\nlines\x1b[1m`,
		"\xff\ufffd\u202e":        `\xff` + "\ufffd" + `\u202e`,
	} {
		require.Equal(t, want, shown.Line(in))
	}
}
