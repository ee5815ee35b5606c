package surface

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPagesAreFound(t *testing.T) {
	t.Parallel()
	p := snippet(t, `package snippet

type Page[T any] struct{ Items []T }

func List() *Page[int] { return &Page[int]{} }
`)
	assert.Equal(t, map[string]string{"snippet.Page": "a page is made by page.Of"}, problems(Pages(p)))
}
