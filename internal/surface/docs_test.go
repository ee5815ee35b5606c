package surface

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const docsOfASnippet = `// Package snippet is like internal/valid.
package snippet

// Public returns a *valid.Error, as checkAll makes it.
//
//	page := List()
//	valid.Variable = page.Next
func Public() {}

// T is public.
type T struct {
	// Field comes from rows.Lock.
	Field int
	hidden int // of valid.Error
	// Other is [T.Field] or [Gone], [*T.Lost] or [lists.Gone].
	Other int
}

// Const is what lowerField is. [T], [1], [A]: names.
const Const = 1

// checkAll is not public: valid.Error.
func checkAll() {}

type A struct{ lowerField int }

var _ = checkAll
`

func TestInternalDocsAreFound(t *testing.T) {
	t.Parallel()
	p := snippet(t, docsOfASnippet)
	assert.Equal(t, map[string]string{
		"snippet.package": "its doc names an internal package",
		"snippet.Public":  "its doc names checkAll, which is not exported",
		"snippet.T.Field": "its doc names rows.Lock of an internal package",
		"snippet.Const":   "its doc names lowerField, which is not exported",
	}, problems(InternalDocs(p, map[string]bool{"valid": true, "rows": true, "page": true})))
	assert.Len(t, InternalDocs(p, map[string]bool{"valid": true}), 4, "both of Public")
}

func TestLinksToNothingAreFound(t *testing.T) {
	t.Parallel()
	found := DocLinks(snippet(t, docsOfASnippet))
	assert.Len(t, found, 3)
	for i, link := range []string{"[Gone]", "[*T.Lost]", "[lists.Gone]"} {
		assert.Equal(t, "its doc links to "+link+", which is not there", found[i].Problem)
		assert.Equal(t, "snippet.T.Other", found[i].Name)
	}
}
