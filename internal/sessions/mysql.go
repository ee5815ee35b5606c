package sessions

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// MySQL holds the settings of a session on MySQL or MariaDB.
type MySQL struct {
	Mode, Client, Connection, Results string
	Autocommit                        bool
	Limit                             uint64 // of the rows that a SELECT returns
}

// AskMySQL selects the columns that [MySQL.Dest] scans.
const AskMySQL = "@@session.sql_mode, @@session.character_set_client, @@session.character_set_connection, " +
	"COALESCE(@@session.character_set_results, 'NULL'), @@session.autocommit, @@session.sql_select_limit"

// Dest returns where to scan the columns of [AskMySQL].
func (s *MySQL) Dest() []any {
	return []any{&s.Mode, &s.Client, &s.Connection, &s.Results, &s.Autocommit, &s.Limit}
}

// Faults returns what is wrong with the session, the worst first.
func (s *MySQL) Faults() (faults []Fault) {
	const charset = "utf8mb4"
	if s.Client != charset { // such as GBK
		faults = append(faults, fault("client_encoding", "character_set_client", s.Client, charset,
			"texts are read and written incorrectly, and a text may end its literal"))
	}
	faults = append(faults, s.modes()...)
	if s.Connection != charset { // literals are converted to it
		faults = append(faults, fault("client_encoding", "character_set_connection", s.Connection, charset,
			"characters that it lacks are stored as question marks"))
	}
	if s.Results != charset {
		faults = append(faults, fault("client_encoding", "character_set_results", s.Results, charset,
			"characters that it lacks are read as question marks"))
	}
	if !s.Autocommit {
		faults = append(faults, fault("autocommit", "autocommit", "off", "on", "a read leaves a transaction open, whose snapshot the next read sees"))
	}
	if s.Limit != math.MaxUint64 {
		faults = append(faults, fault("row_limit", "sql_select_limit", strconv.FormatUint(s.Limit, 10),
			strconv.FormatUint(math.MaxUint64, 10)+", which is no limit", "lists end early, and so does what a verb reads before it writes"))
	}
	return faults
}

func (s *MySQL) modes() (faults []Fault) {
	has := strings.Split(s.Mode, ",")
	for _, m := range unfitModes() {
		if slices.Contains(has, m.mode) {
			faults = append(faults, Fault{
				Code: m.code, Setting: "sql_mode", Problem: "contains " + m.mode + " in the session; remove it", Effect: m.effect,
			})
		}
	}
	if !slices.Contains(has, "STRICT_TRANS_TABLES") && !slices.Contains(has, "STRICT_ALL_TABLES") {
		faults = append(faults, Fault{
			Code: "not_strict", Setting: "sql_mode", Problem: "is not strict in the session; add STRICT_TRANS_TABLES",
			Effect: "values that are too long for a column are truncated",
		})
	}
	return faults
}

// unfitModes are the modes of sql_mode under which statements mean something else.
func unfitModes() []struct{ code, mode, effect string } {
	return []struct{ code, mode, effect string }{
		{
			code: "backslash_quotes", mode: "NO_BACKSLASH_ESCAPES",
			effect: "texts with a backslash are stored differently, and a text may end its literal",
		},
		{code: "sql_mode", mode: "EMPTY_STRING_IS_NULL", effect: "an empty text is stored as NULL"}, // MariaDB
		// MariaDB, and its ORACLE.
		{code: "sql_mode", mode: "SIMULTANEOUS_ASSIGNMENT", effect: "an UPDATE does not compute its columns from left to right"},
		{code: "sql_mode", mode: "PAD_CHAR_TO_FULL_LENGTH", effect: "texts of char columns are read with blanks at the end"},
		{code: "sql_mode", mode: "NO_AUTO_VALUE_ON_ZERO", effect: "a new row gets the id 0"},
	}
}
