package schema

import (
	"fmt"
	"regexp"
	"strings"
)

// guard refuses a statement that is not an addition. It is the last thing
// between a plan and the database, and does not trust the planner: a tool that
// falls back on rebuilding a table, as planners for SQLite do, stops here.
func guard(c Change) error {
	bare := strings.Join(strings.Fields(quoted().ReplaceAllString(c.Statement, "x")), " ")
	if !allowed(c.Kind).MatchString(bare) || forbidden().MatchString(bare) {
		return fmt.Errorf("schema: statement refused: it does more than add: %s", c.Statement)
	}
	return nil
}

// quoted matches names and texts in quotes, whose words mean nothing.
func quoted() *regexp.Regexp {
	return regexp.MustCompile("`[^`]*`" + `|"[^"]*"|'[^']*'`)
}

func allowed(kind Kind) *regexp.Regexp {
	switch kind {
	case AddTable:
		return regexp.MustCompile(`^CREATE TABLE x \(`)
	case AddColumns:
		return regexp.MustCompile(`^ALTER TABLE x (ADD COLUMN x [^;]*|ALTER COLUMN x SET NOT NULL)$`)
	case AddIndex:
		return regexp.MustCompile(`^(CREATE (UNIQUE )?INDEX x ON x [^;]*|ALTER TABLE x ADD (UNIQUE )?INDEX x [^;]*)$`)
	}
	return regexp.MustCompile(`$^`)
}

func forbidden() *regexp.Regexp {
	return regexp.MustCompile(`(?i);|\b(DROP|RENAME|MODIFY|CHANGE|TRUNCATE|DELETE|INSERT|UPDATE|REPLACE|SELECT)\b`)
}
