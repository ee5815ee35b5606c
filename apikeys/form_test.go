package apikeys

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestForm(t *testing.T) {
	for _, prefix := range []string{DefaultPrefix, "chm_test_", "a__", "acme2_sandbox_live_1234_"} {
		require.NoError(t, checkPrefix("Prefix", prefix))
		seen := map[string]bool{}
		for range 200 {
			key := newKey(prefix)
			require.Regexp(t, "^"+Pattern(prefix)+"$", key)
			require.True(t, WellFormed(NewSecret(key), prefix))
			require.Empty(t, verdictOf(key, []string{prefix}))
			require.Len(t, shownOf(key, prefix), len(prefix)+shownLength)
			require.True(t, strings.HasPrefix(key, shownOf(key, prefix)))
			require.LessOrEqual(t, len(shownOf(key, prefix)), 32, "the column's width")
			require.False(t, seen[key])
			seen[key] = true
		}
	}
	require.Equal(t, `chm_live_[0-9A-Za-z]{38}`, Pattern(""))
	require.GreaterOrEqual(t, (randomLength-shownLength)*math.Log2(62), 160.0, "what no list shows")
}

// The checksum is GitHub's, so that tools that know theirs can be told of ours.
func TestChecksum(t *testing.T) {
	for body, want := range map[string]string{
		"":                "000000", // CRC-32 0
		"123456789":       "3jZRME", // the check value of CRC-32, 0xcbf43926
		"chm_live_000000": "0FYZMX",
	} {
		require.Equal(t, want, checksum(body), body)
	}
}

// Every single typo and every swap of neighbours is found.
func TestTypos(t *testing.T) {
	key := newKey(DefaultPrefix)
	wrong := 0
	refuse := func(typo string) {
		if typo == key {
			return
		}
		wrong++
		require.False(t, wellFormed(typo, DefaultPrefix), "%q for %q", typo, key)
	}
	for i := len(DefaultPrefix); i < len(key); i++ {
		for _, c := range alphabet + "_- é" {
			refuse(key[:i] + string(c) + key[i+1:])
		}
		refuse(key[:i] + key[i+1:])
		refuse(key[:i] + "0" + key[i:])
		if i+1 < len(key) {
			refuse(key[:i] + key[i+1:i+2] + key[i:i+1] + key[i+2:])
		}
	}
	require.Greater(t, wrong, 38*62)
	for _, other := range []string{"", key + " ", " " + key, strings.ToUpper(key), key + "\n", key[:len(key)-1], DefaultPrefix} {
		refuse(other)
	}
}

// Each of the 62 characters is as likely as the others: far from it, the sum
// of squares would be far above its expectation of 61. The bound is passed by
// chance less often than once in 10^12 runs.
func TestRandomTextIsUniform(t *testing.T) {
	const n = 62_000
	counts := map[rune]float64{}
	for _, c := range randomText(n) {
		counts[c]++
	}
	chi := 0.0
	for _, c := range alphabet {
		d := counts[c] - n/62
		chi += d * d / (n / 62)
	}
	require.Less(t, chi, 170.0)
	require.Len(t, counts, 62)
}

func TestVerdictOfForm(t *testing.T) {
	prefixes := []string{DefaultPrefix}
	for key, want := range map[string]Verdict{
		"":                                  VerdictMalformed,
		"sha256:" + strings.Repeat("0", 64): VerdictMalformed,
		"SHA256:x":                          VerdictMalformed,
		"sha256:":                           VerdictMalformed,
		"a\x00b":                            VerdictMalformed,
		"\xff":                              VerdictMalformed,
		strings.Repeat("é", 256):            VerdictMalformed,
		"chm_live_":                         VerdictMalformed,
		"chm_live_x":                        VerdictMalformed,
		newKey("chm_live_") + "x":           VerdictMalformed,
		newKey("chm_live_"):                 "",
		strings.Repeat("é", 255):            "",
		"sk-7vYDWBe1rMn1zEidGjWpLTiSHU0V1":  "",
		"sha256":                            "",
		"chm_liv":                           "",
		newKey("chm_test_") + "x":           "", // not a prefix that was named
	} {
		require.Equal(t, want, verdictOf(key, prefixes), "%q", key)
	}
}

func TestShownOfLegacyKey(t *testing.T) {
	for key, want := range map[string]string{
		"abc": "", "abcde": "a", "sk-7vYDWBe1rMn1zEidGjWpLTiSHU0V1dPm": "sk-7vYD", "ééééé": "é",
	} {
		require.Equal(t, want, shownOf(key, ""))
	}
}

func FuzzVerdictOf(f *testing.F) {
	f.Add("chm_live_0", "chm_live_")
	f.Add(newKey(DefaultPrefix), DefaultPrefix)
	f.Add("sha256:aa", "sha_")
	f.Add("sk-\xff", "sk_")
	f.Fuzz(func(t *testing.T, key, prefix string) {
		if checkPrefix("Prefix", prefix) != nil {
			prefix = DefaultPrefix
		}
		verdict := verdictOf(key, []string{prefix})
		form := regexp.MustCompile("^" + Pattern(prefix) + "$")
		switch verdict {
		case "":
			require.NotEmpty(t, key)
			require.False(t, Stored(key).isHash())
			if strings.HasPrefix(key, prefix) {
				require.Regexp(t, form, key)
				require.True(t, wellFormed(key, prefix))
			}
			require.NotEqual(t, key, shownOf(key, prefixOf(key, []string{prefix})))
		case VerdictMalformed:
			require.False(t, wellFormed(key, prefix), "%q", key)
		default:
			require.Failf(t, "unexpected", "%s", verdict)
		}
	})
}
