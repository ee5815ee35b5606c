package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// ErrAutoTimes matches every *AutoTimesError.
var ErrAutoTimes = errors.New("columns do not keep the times that are in them")

// AutoTimes are columns of a table that become the current time whenever a row changes, or
// that cannot be NULL.
type AutoTimes struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns,omitempty"`
	// Statement makes ordinary columns of them. It copies the table.
	Statement string `json:"statement"`
}

// AutoTimesError lists the times of an existing database that the server sets by itself.
// Nothing was written: the first change of a row would overwrite when a user signed up, or
// when an entry of the history was made. Run each Statement, and push again.
//
// Such columns are what MySQL before 8.0 and MariaDB before 10.10 made of
// "created_at timestamp", unless explicit_defaults_for_timestamp was on: ON UPDATE
// CURRENT_TIMESTAMP for the first one of a table, NOT NULL and a zero date for the others.
// An updated_at may be one.
type AutoTimesError struct {
	// Tables are all of them, in the models' order.
	Tables []AutoTimes
}

// Error names the columns and the statements.
func (e *AutoTimesError) Error() string {
	var columns, statements []string
	for _, t := range e.Tables {
		for _, column := range t.Columns {
			columns = append(columns, t.Table+"."+column)
		}
		statements = append(statements, t.Statement)
	}
	return shown.Line(fmt.Sprintf("push: nothing was changed, because columns do not keep the times that are in them: %s"+
		" (the server sets them to the current time whenever a row changes, or allows no NULL; run %s; and push again)",
		strings.Join(columns, ", "), strings.Join(statements, "; ")))
}

// Is makes errors.Is(err, ErrAutoTimes) true.
func (e *AutoTimesError) Is(target error) bool { return target == ErrAutoTimes }
