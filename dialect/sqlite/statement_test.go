package sqlite

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestClassify(t *testing.T) {
	for query, want := range map[string]verb{
		"SELECT 1": reads,
		"  -- a comment\n /* and one */ select 1;": reads,
		"SELECT ';' , \"a;b\" FROM t; -- end":      writes, // in doubt: something follows
		"VALUES (1)":                               reads,
		"EXPLAIN QUERY PLAN DELETE FROM t":         reads,
		"":                                         reads,
		"WITH a AS (DELETE) SELECT * FROM a":       reads,
		"WITH RECURSIVE a(x) AS (SELECT 1 UNION SELECT x+1 FROM a) INSERT INTO t SELECT x FROM a": writes,
		"with a as (select 1) update t set x = 1":                                                 writes,
		"WITH a AS (SELECT 'x) INSERT') SELECT 1":                                                 reads,
		"WITH a AS (SELECT 1), b AS (SELECT 2) DELETE FROM t":                                     writes,
		"WITH nothing":                                           writes,
		"INSERT INTO t VALUES (1) RETURNING id":                  writes,
		"CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END": writes,
		"REPLACE INTO t VALUES (1)":                              writes,
		"VACUUM":                                                 writes,
		"SELECT 1; DELETE FROM t":                                writes,
		"SELECT 1;  ":                                            reads,
		"BEGIN":                                                  begins,
		"begin immediate;":                                       begins,
		"BEGIN; INSERT INTO t VALUES (1)":                        writes,
		"SAVEPOINT a":                                            begins,
		"COMMIT":                                                 ends,
		"END TRANSACTION":                                        ends,
		"ROLLBACK":                                               ends,
		"ROLLBACK TO a":                                          writes,
		"ROLLBACK TRANSACTION TO SAVEPOINT a":                    writes,
		"RELEASE a":                                              writes,
		"PRAGMA foreign_keys":                                    reads,
		"PRAGMA foreign_keys = ON":                               writes,
		"PRAGMA foreign_keys(0)":                                 writes,
		"PRAGMA table_info(users)":                               reads,
		"pragma main.table_xinfo('users')":                       reads,
		"PRAGMA integrity_check":                                 reads,
		"PRAGMA foreign_key_check(users)":                        reads,
		"PRAGMA wal_checkpoint":                                  writes,
		"PRAGMA wal_checkpoint(TRUNCATE)":                        writes,
		"PRAGMA user_version; DELETE FROM t":                     writes,
		"[odd":                                                   reads,
		"'odd":                                                   reads,
	} {
		assert.Equal(t, want, classify(query), query)
	}
}

func TestSavepointName(t *testing.T) {
	for query, want := range map[string]string{
		"SAVEPOINT a": "a", "savepoint \"A\";": "a", "RELEASE a": "a", "RELEASE SAVEPOINT a ;": "a", "BEGIN": "", "RELEASE": "",
	} {
		assert.Equal(t, want, savepointName(query), query)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("WITH a AS (SELECT ')') SELECT '")
	f.Fuzz(func(_ *testing.T, query string) {
		classify(query)
		several(query)
	})
}
