package jsdate_test

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/jsdate"
)

// node is what Node.js 20 says of each text, in UTC: new Date(text).toISOString().
//
//go:embed testdata/node.tsv
var node string

func TestParseIsNode(t *testing.T) {
	for line := range strings.Lines(node) {
		quoted, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		var text string
		require.NoError(t, json.Unmarshal([]byte(quoted), &text))
		at, ok := jsdate.Parse(text)
		if want == "invalid" {
			assert.False(t, ok, "%q is %v", text, at)
			continue
		}
		if assert.True(t, ok, "%q", text) {
			assert.Equal(t, want, iso(at), "%q", text)
		}
	}
}

// iso is toISOString.
func iso(at time.Time) string {
	if year := at.Year(); year < 0 || year > 9999 {
		sign := "+"
		if year < 0 {
			sign, year = "-", -year
		}
		digits := strconv.Itoa(year)
		return sign + strings.Repeat("0", 6-len(digits)) + digits + at.Format("-01-02T15:04:05.000Z")
	}
	return at.Format("2006-01-02T15:04:05.000Z")
}

func FuzzParse(f *testing.F) {
	for line := range strings.Lines(node) {
		quoted, _, _ := strings.Cut(line, "\t")
		text, err := strconv.Unquote(quoted)
		if err == nil {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := jsdate.Parse(text)
		if !ok {
			assert.True(t, at.IsZero())
			return
		}
		again, ok := jsdate.Parse(iso(at))
		assert.True(t, ok, "%q is %v", text, at)
		assert.True(t, at.Equal(again), "%q is %v, and that %v", text, at, again)
	})
}
