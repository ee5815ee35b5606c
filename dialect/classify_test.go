package dialect_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/testdata/sqlite3"
)

// sentinels pairs every kind with its sentinel.
func sentinels() map[dialect.Kind]error {
	return map[dialect.Kind]error{
		dialect.KindUnavailable:        dialect.ErrUnavailable,
		dialect.KindUnauthenticated:    dialect.ErrUnauthenticated,
		dialect.KindPermission:         dialect.ErrPermission,
		dialect.KindNoDatabase:         dialect.ErrNoDatabase,
		dialect.KindTLS:                dialect.ErrTLS,
		dialect.KindTooManyConnections: dialect.ErrTooManyConnections,
		dialect.KindUnsupportedVersion: dialect.ErrUnsupportedVersion,
		dialect.KindSchemaMissing:      dialect.ErrSchemaMissing,
		dialect.KindUnique:             dialect.ErrUnique,
		dialect.KindConstraint:         dialect.ErrConstraint,
		dialect.KindTransient:          dialect.ErrTransient,
		dialect.KindTimeout:            dialect.ErrTimeout,
		dialect.KindCanceled:           dialect.ErrCanceled,
		dialect.KindClosed:             dialect.ErrClosed,
	}
}

// requireKind classifies err, checks its kind, that exactly the kind's
// sentinel matches, that it says what to do, and that err stays reachable.
func requireKind(t *testing.T, want dialect.Kind, err error) *dialect.Error {
	t.Helper()
	require.Error(t, err)
	classified := dialect.Classify(err)
	e, ok := classified.(*dialect.Error) //nolint:errorlint // Classify returns it unwrapped
	require.Truef(t, ok, "not an *Error: %T %v", classified, classified)
	require.Equalf(t, want.String(), e.Kind.String(), "%v", err)
	for kind, sentinel := range sentinels() {
		assert.Equalf(t, kind == want, errors.Is(classified, sentinel), "errors.Is with %v", sentinel)
	}
	assert.NotEmpty(t, e.Remedy)
	assert.Contains(t, e.Error(), e.Remedy)
	assert.Contains(t, e.Error(), want.String())
	require.ErrorIs(t, classified, err)
	assert.Same(t, e, dialect.Classify(e), "classified once is enough")
	return e
}

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
				e := requireKind(t, kind, err)
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
		dialect.KindPermission:         {1044, 1142, 1143, 1227, 1290, 1792, 1836},
		dialect.KindNoDatabase:         {1049, 1046},
		dialect.KindTLS:                {3159},
		dialect.KindTooManyConnections: {1040, 1203, 1226},
		dialect.KindUnavailable:        {1053, 1927, 2006, 2013, 3169, 4031, 1129, 1130, 1021, 8501, 9001, 9002, 9005},
		dialect.KindOther:              {1064, 1105, 1235},
	} {
		for _, code := range codes {
			t.Run(fmt.Sprint(code), func(t *testing.T) {
				err := &mysql.MySQLError{Number: code, Message: "words"}
				e := requireKind(t, kind, err)
				assert.Contains(t, []dialect.Engine{dialect.MySQL, dialect.MariaDB}, e.Engine)
				assert.Equal(t, fmt.Sprint(code), e.Code)
				assert.Equal(t, kind == dialect.KindTransient, dialect.IsTransient(err))
			})
		}
	}
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
				e := requireKind(t, kind, sqlite3.Error{Code: sqlite3.ErrNo(code & 0xff), ExtendedCode: code, Text: "words"})
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

// pqError and bunPGError have the shapes of lib/pq's and pgdriver's errors.
type pqError struct{ Code, Constraint string }

func (e *pqError) Error() string    { return "pq: words" }
func (e *pqError) SQLState() string { return e.Code }

type bunPGError struct{ fields map[byte]string }

func (e *bunPGError) Error() string       { return "ERROR: words" }
func (e *bunPGError) Field(k byte) string { return e.fields[k] }

func TestUniqueIndexByShape(t *testing.T) {
	mysqlErr := func(message string) error { return &mysql.MySQLError{Number: 1062, Message: message} }
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"pgx":      {&pgconn.PgError{Code: "23505", ConstraintName: "users_uuid_unique"}, "users_uuid_unique"},
		"lib/pq":   {&pqError{"23505", "users_uuid_unique"}, "users_uuid_unique"},
		"pgdriver": {&bunPGError{map[byte]string{'C': "23505", 'n': "users_uuid_unique"}}, "users_uuid_unique"},
		"MySQL":    {mysqlErr("Duplicate entry 'a' for key 'users.users_uuid_unique'"), "users_uuid_unique"},
		"MariaDB":  {mysqlErr("Duplicate entry 'a' for key 'users_uuid_unique'"), "users_uuid_unique"},
		"primary":  {mysqlErr("Duplicate entry '1' for key 'users.PRIMARY'"), "PRIMARY"},
		"a value that looks like an index": {
			mysqlErr("Duplicate entry 'x' for key 'users_invite_code_unique' for key 'users.email_unique_idx'"), "email_unique_idx",
		},
		"Vitess": {
			mysqlErr("target: ks.-80.primary: Duplicate entry 'a' for key 't.idx' (errno 1062): Sql: \"insert into t values ('b')\""), "idx",
		},
		"MySQL, other words": {mysqlErr("Doppelter Eintrag"), ""},
		"mattn":              {sqlite3.Error{ExtendedCode: 2067, Text: "UNIQUE constraint failed: posts.slug, posts.locale"}, "posts.slug,posts.locale"},
		"SQLite, expression": {sqlite3.Error{ExtendedCode: 2067, Text: "UNIQUE constraint failed: index 'users_lower'"}, "users_lower"},
	} {
		t.Run(name, func(t *testing.T) {
			e := requireKind(t, dialect.KindUnique, c.err)
			assert.Equal(t, c.want, e.Index)
			index, ok := dialect.UniqueIndex(fmt.Errorf("saving: %w", &takenError{c.err}))
			assert.True(t, ok)
			assert.Equal(t, c.want, index)
		})
	}
	_, ok := dialect.UniqueIndex(&pgconn.PgError{Code: "23503", ConstraintName: "fk"})
	assert.False(t, ok)
}

func TestClassifyConnectionErrors(t *testing.T) {
	op := func(name string, err error) error { return &net.OpError{Op: name, Net: "tcp", Err: err} }
	for name, c := range map[string]struct {
		err  error
		kind dialect.Kind
	}{
		"refused":             {op("dial", syscall.ECONNREFUSED), dialect.KindUnavailable},
		"refused, bare":       {syscall.ECONNREFUSED, dialect.KindUnavailable},
		"dial timeout":        {op("dial", context.DeadlineExceeded), dialect.KindUnavailable},
		"unknown host":        {&net.DNSError{Err: "no such host", Name: "db.invalid", IsNotFound: true}, dialect.KindUnavailable},
		"reset":               {op("read", syscall.ECONNRESET), dialect.KindUnavailable},
		"read timeout":        {op("read", context.DeadlineExceeded), dialect.KindTimeout},
		"bad connection":      {driver.ErrBadConn, dialect.KindUnavailable},
		"MySQL invalid":       {mysql.ErrInvalidConn, dialect.KindUnavailable},
		"MySQL malformed":     {mysql.ErrMalformPkt, dialect.KindUnavailable},
		"MySQL out of sync":   {mysql.ErrPktSync, dialect.KindUnavailable},
		"MySQL out of sync 2": {mysql.ErrPktSyncMul, dialect.KindUnavailable},
		"MySQL has no TLS":    {mysql.ErrNoTLS, dialect.KindTLS},
		"MySQL plugin":        {mysql.ErrUnknownPlugin, dialect.KindUnauthenticated},
		"MySQL native":        {mysql.ErrNativePassword, dialect.KindUnauthenticated},
		"pgx closed":          {pgconn.ErrConnClosed, dialect.KindUnavailable},
		"pgx tx closed":       {pgx.ErrTxClosed, dialect.KindClosed},
		"pgx swallowed":       {pgx.ErrTxCommitRollback, dialect.KindOther},
		"TLS record":          {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, dialect.KindTLS},
		"TLS alert":           {op("remote error", tls.AlertError(40)), dialect.KindTLS},
		"certificate":         {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, dialect.KindTLS},
		"authority":           {x509.UnknownAuthorityError{}, dialect.KindTLS},
		"host name":           {x509.HostnameError{Certificate: &x509.Certificate{}, Host: "db"}, dialect.KindTLS},
		"canceled":            {context.Canceled, dialect.KindCanceled},
		"deadline":            {context.DeadlineExceeded, dialect.KindTimeout},
		"connection done":     {sql.ErrConnDone, dialect.KindClosed},
		"transaction done":    {sql.ErrTxDone, dialect.KindClosed},
	} {
		t.Run(name, func(t *testing.T) {
			requireKind(t, c.kind, c.err)
			requireKind(t, c.kind, fmt.Errorf("reading the balance: %w", c.err))
		})
	}
}

func TestClassifyContextBeatsItsConsequences(t *testing.T) {
	stopped := &pgconn.PgError{Code: "57014", Message: "canceling statement due to user request"}
	e := requireKind(t, dialect.KindCanceled, errors.Join(stopped, context.Canceled))
	assert.Equal(t, "57014", e.Code)
	requireKind(t, dialect.KindTimeout, errors.Join(driver.ErrBadConn, context.DeadlineExceeded))
	requireKind(t, dialect.KindUnique, errors.Join(&pgconn.PgError{Code: "23505"}, context.Canceled))
}

// takenError is a domain's error that keeps the engine's.
type takenError struct{ err error }

func (e *takenError) Error() string { return "email taken" }
func (e *takenError) Unwrap() error { return e.err }

// codedError is a domain's error with a code of its own.
type codedError struct{ Number uint16 }

func (e codedError) Error() string { return "coded" }
func (e codedError) Code() int     { return 5 }

func TestClassifyLeavesOthersAlone(t *testing.T) {
	errTaken := errors.New("taken")
	deadlock := &pgconn.PgError{Code: "40P01"}
	for name, err := range map[string]error{
		"nil":                      nil,
		"a sentinel":               errTaken,
		"no rows":                  sql.ErrNoRows,
		"wrapped no rows":          fmt.Errorf("finding: %w", sql.ErrNoRows),
		"end of a file":            io.ErrUnexpectedEOF,
		"a code of its own":        codedError{1062},
		"a domain's, wrapping":     &takenError{deadlock},
		"a domain's, annotated":    fmt.Errorf("saving: %w", &takenError{deadlock}),
		"a sentinel beside":        fmt.Errorf("%w: %w", errTaken, deadlock),
		"joined with a domain's":   errors.Join(deadlock, errTaken),
		"another service's":        &url.Error{Op: "Post", URL: "http://x", Err: syscall.ECONNREFUSED},
		"typed already":            &dialect.Error{Kind: dialect.KindUnsupportedVersion},
		"typed already, annotated": fmt.Errorf("opening: %w", &dialect.Error{Kind: dialect.KindTLS, Err: deadlock}),
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, err, dialect.Classify(err)) //nolint:testifylint // identity, nil included
		})
	}
	assert.True(t, dialect.IsTransient(&takenError{deadlock}), "a retry helps whatever was wrapped around it")
	assert.True(t, dialect.IsTransient(errors.Join(errTaken, deadlock)))
	assert.False(t, dialect.IsTransient(nil))
	assert.False(t, dialect.IsTransient(errTaken))
}

func TestErrorTextHoldsNoValues(t *testing.T) {
	const secret = "sk-live-1'2\"tail"
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"MySQL duplicate": {
			&mysql.MySQLError{Number: 1062, Message: "Duplicate entry '" + secret + "' for key 'apikeys.apikeys_api_key_unique'"},
			"duplicate value in apikeys_api_key_unique",
		},
		"MySQL syntax": {
			&mysql.MySQLError{Number: 1064, Message: "You have an error in your SQL syntax near '" + secret + "' at line 1"},
			"You have an error in your SQL syntax near '…' at line 1",
		},
		"MySQL encoding": {
			&mysql.MySQLError{Number: 1366, Message: "Incorrect string value: '" + secret + "' for column 'x' at row 1"},
			"Incorrect string value: '…' at row 1",
		},
		"PostgreSQL syntax": {
			&pgconn.PgError{Severity: "ERROR", Code: "42601", Message: `syntax error at or near "` + secret + `"`},
			`syntax error at or near "…"`,
		},
		"PostgreSQL input": {
			&pgconn.PgError{Severity: "ERROR", Code: "22P02", Message: `invalid input syntax for type integer: "` + secret + `"`},
			`invalid input syntax for type integer: "…"`,
		},
		"SQLite token": {
			sqlite3.Error{Code: 1, Text: `unrecognized token: "'` + secret + `"`}, `unrecognized token: "…"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, err := range []error{c.err, fmt.Errorf("saving a key: %w", c.err)} {
				text := dialect.Classify(err).Error()
				assert.NotContains(t, text, "sk-live")
				assert.NotContains(t, text, "tail")
				assert.Contains(t, text, c.want)
			}
			assert.Contains(t, dialect.Classify(fmt.Errorf("saving a key: %w", c.err)).Error(), "saving a key")
		})
	}
}

func TestErrorText(t *testing.T) {
	missing := &pgconn.PgError{Severity: "ERROR", Code: "42P01", Message: `relation "users" does not exist`}
	assert.Equal(t,
		`postgresql: table or column missing: ERROR: relation "users" does not exist (SQLSTATE 42P01)`+
			` (remedy: run chameleon.Push, or the command chameleon push, on this database)`,
		dialect.Classify(missing).Error())
	byHand := &dialect.Error{Kind: dialect.KindUnsupportedVersion, Engine: dialect.MySQL, Remedy: "upgrade to 8.0"}
	assert.Equal(t, "mysql: unsupported version (remedy: upgrade to 8.0)", byHand.Error())
	assert.ErrorIs(t, byHand, dialect.ErrUnsupportedVersion)
	assert.Equal(t, "database error", (&dialect.Error{}).Error())
}
