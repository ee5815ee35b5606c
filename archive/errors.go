package archive

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// InvalidError names a field of the parameters and what is wrong with it.
type InvalidError = dialect.InvalidError

// ErrColumns matches every *ColumnsError.
var ErrColumns = errors.New("the other table lacks columns")

// ColumnsError says that the target table lacks columns that other programs added to
// the source table. Nothing was moved. Add them to the target, with their types.
type ColumnsError struct {
	From, Into string
	// Missing are the columns of From that Into lacks.
	Missing []string
}

func (e *ColumnsError) Error() string {
	return fmt.Sprintf("archive: %s has columns that %s lacks: %s; add them there with their types, and nothing is lost",
		shown.Text(e.From), shown.Text(e.Into), shown.Line(strings.Join(e.Missing, ", ")))
}

// Is matches ErrColumns.
func (e *ColumnsError) Is(target error) bool { return target == ErrColumns }
