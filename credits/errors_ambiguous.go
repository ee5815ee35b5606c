package credits

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// ErrAmbiguous matches every *AmbiguousError.
var ErrAmbiguous = errors.New("more than one entry fits")

// AmbiguousError says that the original application of an adopted database wrote
// several entries that may belong to one row of its own. The caller says which.
// Nothing was written.
type AmbiguousError struct {
	// What is the row (order, generation), and Name its number.
	What, Name string
	// Field is the parameter that says which: one of Keys, the entries' idempotency
	// keys, by which [GetOperation] shows each.
	Field string
	Keys  []string
}

func (e *AmbiguousError) Error() string {
	keys := make([]string, len(e.Keys))
	for i, key := range e.Keys {
		keys[i] = shown.Text(key)
	}
	return fmt.Sprintf("%s: of %s %s (say which by %s: %s)",
		ErrAmbiguous, shown.Text(e.What), shown.Text(e.Name), shown.Text(e.Field), strings.Join(keys, ", "))
}

// Is matches ErrAmbiguous.
func (e *AmbiguousError) Is(target error) bool { return target == ErrAmbiguous }
