package content

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

func TestSlugify(t *testing.T) {
	for title, want := range map[string]string{
		"":                              "",
		"Hello, World!":                 "hello-world",
		"  --Hello--  ":                 "hello",
		"What's new in v1.2?":           "whats-new-in-v1-2",
		"Don’t panic":                   "dont-panic",
		"Crème Brûlée":                  "crème-brûlée",
		"Cre\u0300me":                   "crème",
		"ÅNGSTRÖM":                      "ångström",
		"İstanbul":                      "istanbul",
		"ΑΘΉΝΑ 2026":                    "αθήνα-2026",
		"Привет, мир":                   "привет-мир",
		"你好，世界":                         "你好-世界",
		"こんにちは・セカイ":                     "こんにちは-セカイ",
		"안녕하세요 세계":                      "안녕하세요-세계",
		"हिन्दी भाषा":                   "हिन्दी-भाषा",
		"สวัสดี ชาวโลก":                 "สวัสดี-ชาวโลก",
		"می\u200cخواهم":                 "میخواهم",
		"שָׁלוֹם":                       norm.NFC.String("שָׁלוֹם"),
		"٢٠٢٦ سنة":                      "٢٠٢٦-سنة",
		"🦎 lizards ❤️ colours":          "lizards-colours",
		"🦎❤️":                           "",
		"1️⃣ first":                     "1-first",
		"\u0301x":                       "x",
		"a/b\\c?d#e%f":                  "a-b-c-d-e-f",
		"../../etc/passwd":              "etc-passwd",
		"tab\tnew\nline\x00nul\xffutf8": "tab-new-line-nul-utf8",
		strings.Repeat("a", 300):        strings.Repeat("a", 255),
		strings.Repeat("é", 200):        strings.Repeat("é", 127),
		strings.Repeat("a", 254) + " b": strings.Repeat("a", 254),
	} {
		require.Equal(t, want, Slugify(title), "%q", title)
	}
}

func FuzzSlugify(f *testing.F) {
	for _, s := range []string{"Hello, World!", "İ", "ẞ\u0307", "a'\u0301", "你-好", "\xff", "ﾊﾞ", "A\u200d\u0301", "Ω\u0345"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, title string) {
		slug := Slugify(title)
		require.LessOrEqual(t, len(slug), MaxSlug)
		require.True(t, utf8.ValidString(slug))
		require.True(t, norm.NFC.IsNormalString(slug))
		require.NotContains(t, slug, "--")
		require.Equal(t, strings.Trim(slug, "-"), slug)
		require.Equal(t, slug, Slugify(title+" !"), "%q", title)
		if slug != "" {
			chosen, err := checkSlug(slug)
			require.NoError(t, err)
			require.Equal(t, slug, chosen)
			require.Equal(t, slug, Slugify(slug), "%q", title)
		}
	})
}

func TestCheckSlug(t *testing.T) {
	for slug, want := range map[string]string{
		"hello": "hello", "Hello_World.html~": "Hello_World.html~", "你好": "你好", "e\u0301": "é", "a..b": "a..b",
		strings.Repeat("a", 255): strings.Repeat("a", 255),
	} {
		got, err := checkSlug(slug)
		require.NoError(t, err, slug)
		require.Equal(t, want, got)
	}
	for _, slug := range []string{
		"", " ", ".", "..", "a b", "a/b", "a\\b", "a?b", "a#b", "a%20b", "a\x00", "\xff", "a\n", "🦎", "a\u200d",
		strings.Repeat("a", 256), strings.Repeat("é", 128),
	} {
		_, err := checkSlug(slug)
		require.ErrorIs(t, err, ErrInvalid, "%q", slug)
	}
}

func TestCheckLocale(t *testing.T) {
	for _, locale := range []string{"en", "zh", "pt-BR", "pt-br", "zh-Hant-TW", "es-419", "fil", "de-1996", "sl-rozaj"} {
		require.NoError(t, checkLocale("Locale", locale), locale)
	}
	for _, locale := range []string{
		"", "e", "engl", "en_US", "en-", "-en", "en--US", "en US", "e1", "中文", "en-é", "zh-Hant-TWX", "en/x", "en\x00",
	} {
		require.ErrorIs(t, checkLocale("Locale", locale), ErrInvalid, "%q", locale)
	}
}
