package doctor

// A trigger that runs before the insert may fill in what is missing (tgtype: 2 is BEFORE,
// 4 INSERT).
const requiredPostgres = "SELECT c.relname AS t, a.attname AS c FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid " +
	"WHERE c.relname IN (?) AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped " +
	"AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND NOT EXISTS (SELECT 1 FROM pg_trigger AS g " +
	"WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgtype & 6 = 6) ORDER BY 1, a.attnum"
