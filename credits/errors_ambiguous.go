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
// several entries that may belong to one of its rows. The caller has to choose
// one. Nothing was written.
type AmbiguousError struct {
	// What is the kind of row (order, generation), and Name its number.
	What, Name string
	// Field is the parameter that chooses one of Keys, the entries' idempotency
	// keys. [GetOperation] shows each of them.
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
