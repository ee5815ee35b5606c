package totals

// textMySQL: an adopted column may have any character set and collation.
func textMySQL(column string) string {
	return "CONVERT(" + column + " USING utf8mb4) COLLATE utf8mb4_bin"
}
