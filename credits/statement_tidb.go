package credits

// headsOfTiDB is [headsOf] for TiDB, which looks a number up in an index only in a join: for a
// subquery per line it would read the table, or all of the account's entries.
func headsOfTiDB(columns string) string {
	return "SELECT " + columns + ", COALESCE(n.op_seq, 0) AS follows " +
		"FROM credits_trans AS t LEFT JOIN credits_trans AS n ON n.user_uuid = ? AND n.seq = t.seq + 1 " +
		"WHERE t.user_uuid = ? AND "
}
