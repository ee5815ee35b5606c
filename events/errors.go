package events

import (
	"database/sql"
	"errors"
	"strconv"

	"github.com/chameleon-go/chameleon/dialect"
)

// InvalidError names a field of the caller's input and says what is wrong with it.
type InvalidError = dialect.InvalidError

// NotFoundError says what was not found and by which field.
type NotFoundError = dialect.NotFoundError

var (
	// ErrInvalid matches every *InvalidError.
	ErrInvalid = dialect.ErrInvalid
	// ErrNotFound matches every *NotFoundError of this package.
	ErrNotFound = errors.New("no such parked event")
)

func (p parked) notFound() error {
	return &NotFoundError{
		What: "parked event", Field: "Seq", Value: strconv.FormatInt(p.Seq, 10), UserUUID: p.UserUUID, Err: ErrNotFound,
	}
}

func isNone(err error) bool { return errors.Is(err, sql.ErrNoRows) }
