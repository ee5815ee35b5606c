package enginetest

import (
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// ReadsSmallTables reports that the engine's planner takes a scan and a sort of
// a table of a few thousand rows to be cheaper than the index that serves a
// page of it. MariaDB counts the cost of reads anew since version 11; before,
// a test of plans would have to fill millions of rows.
func (e *Env) ReadsSmallTables() bool {
	return e.Engine == dialect.MariaDB && strings.HasPrefix(e.Version, "10.")
}
