package surface

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestJSONTagsAreFound: what the rule is there for is found, and nothing else.
func TestJSONTagsAreFound(t *testing.T) {
	t.Parallel()
	p := snippet(t, `package snippet

import "time"

type Secret string

func (Secret) MarshalText() ([]byte, error) { return nil, nil }

type Page struct {
	Items []string `+"`json:\"items\"`"+`
}

type Row struct {
	Page
	Secret
	UserUUID  string        `+"`bun:\"user,pk\" json:\"user\"`"+`
	GenID     string        `+"`json:\"genId\"`"+`
	Bare      string
	At        time.Time     `+"`json:\"at\"`"+`
	PaidAt    time.Time     `+"`json:\"paid_at,omitzero\"`"+`
	Parent    *Row          `+"`json:\"parent\"`"+`
	Seqs      []int64       `+"`json:\"seqs\"`"+`
	Err       error         `+"`json:\"err\"`"+`
	Call      func()        `+"`json:\"call\"`"+`
	Key       Secret        `+"`json:\"key\"`"+`
	Private   Secret        `+"`json:\"-\"`"+`
	hidden    string
}

type RowParams struct{ UserUUID string }

type RowError struct{ UserUUID string }

func (*RowError) Error() string { return "" }

type row struct{ Bare string }

var _ = Row{hidden: row{}.Bare}
`)
	assert.Equal(t, map[string]string{
		"snippet.Row.Secret": "is embedded and marshals itself",
		"snippet.Row.GenID":  "is not called gen_id",
		"snippet.Row.Bare":   "has no JSON tag",
		"snippet.Row.At":     "its tag lacks omitzero",
		"snippet.Row.Parent": "its tag lacks omitzero",
		"snippet.Row.Seqs":   "its tag lacks omitempty",
		"snippet.Row.Err":    `an error has no JSON, so that its tag is "-"`,
		"snippet.Row.Call":   `a function has no JSON, so that its tag is "-"`,
		"snippet.Row.Key":    `it hides itself, so that its tag is "-"`,
	}, problems(JSONTags(p)))
}
