package chameleon_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocLinks: what the documents link to in the repository is there, headings too.
func TestDocLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	code := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	checked := 0
	eachFile(t, func(path, text string) {
		if !strings.HasSuffix(path, ".md") {
			return
		}
		for _, found := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			target, heading, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, ":") {
				continue // elsewhere
			}
			file := path
			if target != "" {
				file = filepath.Join(filepath.Dir(path), target)
			}
			_, err := os.Stat(file)
			if !assert.NoError(t, err, "%s links to %s", path, found[1]) || heading == "" {
				continue
			}
			page, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Contains(t, headings(string(page)), heading, "%s links to %s", path, found[1])
			checked++
		}
	})
	assert.Positive(t, checked)
}

// headings are the anchors that GitHub gives to a page's headings.
func headings(page string) (anchors []string) {
	for _, found := range regexp.MustCompile(`(?m)^#+ +(.+)$`).FindAllStringSubmatch(page, -1) {
		anchor := strings.ToLower(strings.TrimSpace(found[1]))
		anchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(anchor, "")
		anchors = append(anchors, strings.ReplaceAll(anchor, " ", "-"))
	}
	return anchors
}
