package chameleon_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSecurityClaimsAreTests: each test that docs/security.md names is there, and
// each row of its tables names one.
func TestSecurityClaimsAreTests(t *testing.T) {
	doc, err := os.ReadFile("docs/security.md")
	require.NoError(t, err)
	declared := map[string]bool{}
	declaration := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	eachFile(t, func(path, text string) {
		if !strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, found := range declaration.FindAllStringSubmatch(text, -1) {
			declared[found[1]] = true
		}
	})
	name := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	named := name.FindAllSubmatch(doc, -1)
	require.Greater(t, len(named), 20)
	for _, found := range named {
		assert.True(t, declared[string(found[1])], "%s is not there", found[1])
	}
	for line := range strings.Lines(string(doc)) {
		if strings.HasPrefix(line, "| ") && !strings.HasSuffix(line, "| Test |\n") {
			assert.True(t, name.MatchString(line) || strings.Contains(line, "fuzzers of"), "no test beside %s", line)
		}
	}
}
