package content

// exactMySQL compares bytes. A binary collation would do but for blanks at the
// end, which MySQL's ignore.
func exactMySQL(column string) string {
	return "CAST(CONVERT(" + column + " USING utf8mb4) AS BINARY)"
}
