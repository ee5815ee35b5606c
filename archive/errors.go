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

// ColumnsError says that a table has columns which the one that its rows were to go
// to lacks: other programs added them. Nothing was moved. Add them there, with their
// types.
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
