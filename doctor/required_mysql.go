package doctor

// A trigger that runs before the insert may fill in what is missing.
const requiredMySQL = "SELECT c.TABLE_NAME AS t, c.COLUMN_NAME AS c FROM information_schema.COLUMNS AS c " +
	"WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME IN (?) AND c.IS_NULLABLE = 'NO' AND c.COLUMN_DEFAULT IS NULL " +
	"AND c.EXTRA NOT LIKE '%auto_increment%' AND c.EXTRA NOT LIKE '%GENERATED%' " +
	"AND NOT EXISTS (SELECT 1 FROM information_schema.TRIGGERS AS g WHERE g.EVENT_OBJECT_SCHEMA = DATABASE() " +
	"AND g.EVENT_OBJECT_TABLE = c.TABLE_NAME AND g.ACTION_TIMING = 'BEFORE' AND g.EVENT_MANIPULATION = 'INSERT') " +
	"ORDER BY 1, c.ORDINAL_POSITION"
