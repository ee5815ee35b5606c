package moment

import "strings"

// OnSQLite is the SQL of a column's time in the one form that bun writes: UTC, a
// blank, no zeros at the end of a fraction, and +00:00. Texts of that form compare
// as their times do. Other programs write CURRENT_TIMESTAMP's form, without a zone;
// JavaScript's, with T and Z; or one with an offset. What is no time is NULL.
//
// Seconds and zone are read by SQLite and the fraction from the text, because
// SQLite's own times end at milliseconds. An index on the expression serves it:
// each word here is part of the indexes that exist.
func OnSQLite(column string) string {
	return strings.ReplaceAll(strings.ReplaceAll(formSQLite, "{z}", zoneSQLite), "{c}", column)
}

const (
	// formSQLite looks first whether the form is that one.
	formSQLite = "CASE WHEN substr({c}, 11, 1) = ' ' AND substr({c}, -6) = '+00:00' AND " +
		"(length({c}) = 25 OR length({c}) BETWEEN 27 AND 32 AND substr({c}, -7, 1) <> '0') THEN {c} " +
		"ELSE strftime('%Y-%m-%d %H:%M:%S', substr({c}, 1, 19) || " +
		// As Go prints a time: 2026-01-31 12:00:00.5 +0100 CET.
		"CASE WHEN substr({z}, 2, 1) IN ('+', '-') AND substr({z}, 7, 1) = ' ' " +
		"THEN substr({z}, 2, 3) || ':' || substr({z}, 5, 2) ELSE {z} END) || " +
		"rtrim(rtrim(substr({c}, 20, min(7, length({c}) - 19 - length({z}))), '0'), '.') || '+00:00' END"
	// zoneSQLite is what follows the seconds and their fraction.
	zoneSQLite = "ltrim(substr({c}, 20), '.0123456789')"
)
