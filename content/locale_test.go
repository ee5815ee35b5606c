package content

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReaderLocales: a locale in any system's spelling is looked for as it is, as a
// tag, and as what it is a kind of.
func TestReaderLocales(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string][]string{
		"en":                {"en"},
		"pt-br":             {"pt-br", "pt-BR", "pt"},
		"en_US":             {"en-US", "en"},
		"en_US.UTF-8":       {"en-US", "en"},
		"de_DE@euro":        {"de-DE", "de"},
		"zh_Hant":           {"zh-Hant", "zh"},
		"zh_hant_tw":        {"zh-Hant-TW", "zh-Hant", "zh"},
		"ca-valencia":       {"ca"},
		"sr-Latn-RS-ekavsk": {"sr-Latn-RS", "sr-Latn", "sr"},
		"C":                 nil,
		"!":                 nil,
	} {
		require.Equal(t, want, storedLocales(readerLocales(locale)), locale)
	}
}
