package surface

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestInternalTypesAreFound: aliases, and what a signature, field, method,
// embedded struct, constraint or type argument shows.
func TestInternalTypesAreFound(t *testing.T) {
	t.Parallel()
	p := snippetUsing(t, `package snippet

import "`+Module+`/internal/valid"

type Public struct{ secret valid.Error }

func (Public) Fine() error { return nil }

func (Public) Method(map[string]*valid.Error) {}

func (Public) hidden() *valid.Error { return nil }

var _ = Public{}.hidden

type Alias = valid.Error

type Own valid.Error

type Field struct{ Err *valid.Error }

type Embeds struct{ embedded }

type embedded = valid.Error

type Page[T any] struct{ Items []T }

type Limited[T interface{ Check(valid.Error) }] struct{}

type Asks interface{ Ask() chan valid.Error }

func Takes(...valid.Error) {}

func Returns() (int, Page[valid.Error], error) { return 0, Page[valid.Error]{}, nil }

var Sentinel = valid.Error{}

func unexported() valid.Error { return valid.Error{} }

var _ = unexported
`, map[string]string{Module + "/internal/valid": "package valid\n\ntype Error struct{ Field string }\n"})
	assert.Equal(t, map[string]string{
		"snippet.Public.Method": "shows valid.Error",
		"snippet.Alias":         "shows valid.Error",
		"snippet.Field":         "shows valid.Error as Err",
		"snippet.Embeds":        "shows valid.Error as embedded",
		"snippet.Limited":       "shows valid.Error",
		"snippet.Asks":          "shows valid.Error",
		"snippet.Takes":         "shows valid.Error",
		"snippet.Returns":       "shows valid.Error",
		"snippet.Sentinel":      "shows valid.Error",
	}, problems(InternalTypes(p)))
}
