package schema

import (
	"fmt"
	"regexp"
	"strings"
)

// guard refuses statements that are not additions. It is the last step between a plan and
// the database and does not trust the planner: one that resorts to rebuilding a table, as
// planners for SQLite do, is stopped here.
func guard(c Change) error {
	if s := bare(c.Statement); !allowed(c.Kind).MatchString(s) || forbidden().MatchString(s) {
		return fmt.Errorf("schema: statement refused: it does more than add: %s", c.Statement)
	}
	if c.Clears != "" && (c.Kind != AddIndex || !clears().MatchString(bare(c.Clears))) {
		return fmt.Errorf("schema: statement refused: it does more than make way: %s", c.Clears)
	}
	return nil
}

// bare is a statement without its names and texts.
func bare(statement string) string {
	return strings.Join(strings.Fields(quoted().ReplaceAllString(statement, "x")), " ")
}

// clears matches a statement that drops an unfinished index.
func clears() *regexp.Regexp { return regexp.MustCompile(`^DROP INDEX (CONCURRENTLY )?x$`) }

// quoted matches quoted names and texts, whose words have no meaning.
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
		return regexp.MustCompile(`^(CREATE (UNIQUE )?INDEX (CONCURRENTLY )?x ON x [^;]*|ALTER TABLE x ADD (UNIQUE )?INDEX x [^;]*)$`)
	}
	return regexp.MustCompile(`$^`)
}

func forbidden() *regexp.Regexp {
	return regexp.MustCompile(`(?i);|\b(DROP|RENAME|MODIFY|CHANGE|TRUNCATE|DELETE|INSERT|UPDATE|REPLACE|SELECT)\b`)
}
