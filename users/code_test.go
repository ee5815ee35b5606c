package users

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNewCode(t *testing.T) {
	shape := regexp.MustCompile(`^[A-Za-z0-9]{6,8}$`)
	lengths, letters, codes := map[int]int{}, map[rune]int{}, map[string]bool{}
	const n = 20_000
	for range n {
		code := newCode()
		require.Regexp(t, shape, code)
		codes[code] = true
		lengths[len(code)]++
		for _, c := range code {
			letters[c]++
		}
	}
	require.Greater(t, len(codes), n-10, "codes repeat")
	require.Len(t, letters, len(codeAlphabet), "some characters never come")
	for length, got := range lengths {
		require.InDelta(t, n/3, got, n/20, "codes of %d characters", length)
	}
	// About 2,258 of each are expected. Taking a byte modulo 62 instead would
	// give the first eight a quarter more than the rest.
	for c, got := range letters {
		require.InDelta(t, 7*n/len(codeAlphabet), got, 300, "character %c", c)
	}
}
