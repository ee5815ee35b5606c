package doctor

const requiredSQLite = "SELECT m.name AS t, p.name AS c FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS p " +
	"WHERE m.type = 'table' AND m.name IN (?) AND p.\"notnull\" = 1 AND p.dflt_value IS NULL AND p.pk = 0 AND p.hidden = 0 ORDER BY 1, p.cid"
