package dialect_test

import (
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/testdata/sqlite3"
)

func TestClassifyPostgresCodes(t *testing.T) {
	for kind, codes := range map[dialect.Kind][]string{
		dialect.KindUnique:             {"23505"},
		dialect.KindConstraint:         {"23502", "23503", "23514", "23P01", "22001", "22003", "22021", "22P02", "44000"},
		dialect.KindTransient:          {"40001", "40P01", "55P03"},
		dialect.KindTimeout:            {"57014", "25P03", "25P04"},
		dialect.KindSchemaMissing:      {"42P01", "42703", "3F000"},
		dialect.KindUnauthenticated:    {"28P01", "28000"},
		dialect.KindPermission:         {"42501", "25006"},
		dialect.KindNoDatabase:         {"3D000", "57P04"},
		dialect.KindTooManyConnections: {"53300"},
		dialect.KindUnavailable: {
			"57P01", "57P02", "57P03", "57P05", "08000", "08001", "08003", "08004", "08006", "08007", "08P01",
			"53100", "53200", "58030", "40003",
		},
		dialect.KindOther: {"25P02", "42601", "0A000", "42P05", "26000", "XX000"},
	} {
		for _, code := range codes {
			t.Run(code, func(t *testing.T) {
				err := &pgconn.PgError{Severity: "ERROR", Code: code, Message: "words"}
				e := explained(t, kind, err)
				assert.Equal(t, dialect.PostgreSQL, e.Engine)
				assert.Equal(t, code, e.Code)
				assert.Equal(t, kind == dialect.KindTransient, dialect.IsTransient(err))
			})
		}
	}
}

func TestClassifyMySQLCodes(t *testing.T) {
	for kind, codes := range map[dialect.Kind][]uint16{
		dialect.KindUnique: {1062, 1586},
		dialect.KindConstraint: {
			1048, 1364, 1264, 1406, 1265, 1366, 1292, 1451, 1452, 3819, 4025, 3140, 3144, 1300, 1153,
		},
		dialect.KindTransient:          {1205, 1213, 1317, 3572, 9007, 8002, 8022, 8028},
		dialect.KindTimeout:            {3024, 1969},
		dialect.KindSchemaMissing:      {1146, 1054},
		dialect.KindUnauthenticated:    {1045, 1698, 1862, 3118},
		dialect.KindPermission:         {1044, 1142, 1143, 1227, 1290, 1792, 1836, 1148, 3948},
		dialect.KindNoDatabase:         {1049, 1046},
		dialect.KindTLS:                {3159},
		dialect.KindTooManyConnections: {1040, 1203, 1226},
		dialect.KindUnavailable:        {1053, 1927, 2006, 2013, 3169, 4031, 1129, 1130, 1021, 8501, 9001, 9002, 9005},
		dialect.KindOther:              {1064, 1105, 1235},
	} {
		for _, code := range codes {
			t.Run(fmt.Sprint(code), func(t *testing.T) {
				err := &mysql.MySQLError{Number: code, Message: "words"}
				e := explained(t, kind, err)
				assert.Contains(t, []dialect.Engine{dialect.MySQL, dialect.MariaDB}, e.Engine)
				assert.Equal(t, fmt.Sprint(code), e.Code)
				assert.Equal(t, kind == dialect.KindTransient, dialect.IsTransient(err))
			})
		}
	}
}

func TestClassifyMySQLCodesOfSeveralMeanings(t *testing.T) {
	for _, c := range []struct {
		code    uint16
		message string
		kind    dialect.Kind
	}{
		{1317, "target: ks.0.primary: vttablet: rpc error: code = Aborted desc = transaction 17: ended (exceeded timeout: 20s)", dialect.KindTransient},
		{1317, "multi-db transaction attempted: [target:{keyspace:\"ks\" shard:\"-80\"}]", dialect.KindOther},
		{1105, "pessimistic lock retry limit reached", dialect.KindTransient},
		{1105, "Unknown error", dialect.KindOther},
		{9004, "Resolve lock timeout", dialect.KindTransient},
	} {
		err := &mysql.MySQLError{Number: c.code, Message: c.message}
		assert.Equal(t, c.kind, explained(t, c.kind, err).Kind)
		assert.Equal(t, c.kind == dialect.KindTransient, dialect.IsTransient(err))
	}
}

func TestTiDBConflictShowsNoValue(t *testing.T) {
	err := &mysql.MySQLError{
		Number: 9007,
		Message: "Write conflict, txnStartTS=4, conflictStartTS=5, conflictCommitTS=6, key={tableID=88, tableName=app.credits_trans," +
			" indexID=2, indexValues={u-1, secret-key, }}, originalKey=7480, primary=[]byte(nil), reason=Optimistic [try again later]",
	}
	assert.NotContains(t, explained(t, dialect.KindTransient, err).Error(), "secret-key")
}

func TestClassifySQLiteCodes(t *testing.T) {
	for kind, codes := range map[dialect.Kind][]sqlite3.ErrNoExtended{
		dialect.KindUnique:      {1555, 2067, 2579},
		dialect.KindConstraint:  {19, 275, 787, 1299, 1811, 3091, 20, 18},
		dialect.KindTransient:   {5, 261, 517, 773, 6, 262, 17},
		dialect.KindPermission:  {3, 8, 264, 1032, 23},
		dialect.KindNoDatabase:  {14, 526, 26},
		dialect.KindUnavailable: {10, 266, 11, 13},
		dialect.KindCanceled:    {9},
		dialect.KindOther:       {1, 21},
	} {
		for _, code := range codes {
			t.Run(fmt.Sprint(code), func(t *testing.T) {
				e := explained(t, kind, sqlite3.Error{Code: sqlite3.ErrNo(code & 0xff), ExtendedCode: code, Text: "words"})
				assert.Equal(t, dialect.SQLite, e.Engine)
				assert.Equal(t, fmt.Sprint(int(code)), e.Code)
			})
		}
	}
	requireKind(t, dialect.KindTransient, sqlite3.Error{Code: 5, Text: "no extended code"})
	requireKind(t, dialect.KindSchemaMissing, sqlite3.Error{Code: 1, Text: "no such table: users"})
	requireKind(t, dialect.KindSchemaMissing, sqlite3.Error{Code: 1, Text: "no such column: email"})
	requireKind(t, dialect.KindSchemaMissing, sqlite3.Error{Code: 1, Text: "table users has no column named email"})
}

func TestClassifyStalePlanIsTransient(t *testing.T) {
	err := &pgconn.PgError{Code: "0A000", Routine: "RevalidateCachedQuery"}
	requireKind(t, dialect.KindTransient, err)
}
