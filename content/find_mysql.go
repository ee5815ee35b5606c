package content

// exactMySQL compares characters by their code points.
func exactMySQL(column string) string {
	return "CONVERT(" + column + " USING utf8mb4) COLLATE utf8mb4_bin"
}
