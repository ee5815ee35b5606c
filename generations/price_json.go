package generations

import (
	"encoding/json"
	"strings"

	"github.com/chameleon-go/chameleon/internal/jsonkeys"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// UnmarshalJSON reads a price from a list that the caller keeps as JSON. A duplicate
// member is refused, even in a different case, which Go would treat as the same: it
// is unclear which price was meant.
//
// Errors: *InvalidError for such a member, and those of encoding/json.
func (p *Price) UnmarshalJSON(text []byte) error {
	type plain Price // without this method
	if twice := jsonkeys.Twice(text); twice != nil {
		return valid.Failf("Price", "contains %s twice", shown.Text(strings.Join(twice, ".")))
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	for a := range members {
		for b := range members {
			if a != b && strings.EqualFold(a, b) {
				return valid.Failf("Price", "contains %s twice, in different case", shown.Text(strings.ToLower(a)))
			}
		}
	}
	return json.Unmarshal(text, (*plain)(p))
}
