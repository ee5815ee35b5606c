package handle

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVerbOf(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		" SELECT ? WHERE ? = ?":             "SELECT",
		"SELECT id FROM t FOR UPDATE":       "SELECT",
		"UPDATE t SET delete_me = ?":        "UPDATE",
		"WITH a AS (SELECT ?) SELECT ?":     "SELECT",
		"SET lock_timeout = ?":              "SET",
		"SAVEPOINT insert_here":             "SAVEPOINT",
		"ROLLBACK TO SAVEPOINT delete_":     "ROLLBACK",
		"CREATE TABLE t (id bigint)":        "CREATE",
		"with a as (delete from t) table a": "DELETE",
		"WITH a AS (SELECT id FROM t FOR UPDATE) SELECT id FROM a":                   "SELECT",
		"WITH a AS (UPDATE t SET n = ? RETURNING id) INSERT INTO u SELECT id FROM a": "UPDATE",
		"SET TRANSACTION ISOLATION LEVEL READ COMMITTED;START TRANSACTION;UPDATE t":  "UPDATE",
	} {
		assert.Equal(t, want, verbOf(text), text)
	}
}
