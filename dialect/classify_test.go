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
		dialect.KindTimeZone:           dialect.ErrTimeZone,
	}
}

// requireKind checks what err means.
func requireKind(t *testing.T, want dialect.Kind, err error) {
	t.Helper()
	_ = explained(t, want, err)
}

// explained classifies err, checks its kind, that exactly the kind's
// sentinel matches, that it says what to do, and that err stays reachable.
func explained(t *testing.T, want dialect.Kind, err error) *dialect.Error {
	t.Helper()
	require.Error(t, err)
	classified := dialect.Classify(err)
	e, ok := classified.(*dialect.Error)
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
			e := explained(t, dialect.KindUnique, c.err)
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
		"answer broken off":   {io.ErrUnexpectedEOF, dialect.KindUnavailable},
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
	e := explained(t, dialect.KindCanceled, errors.Join(stopped, context.Canceled))
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
		"end of a file":            io.EOF,
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
			assert.Equal(t, err, dialect.Classify(err))
		})
	}
	assert.True(t, dialect.IsTransient(&takenError{deadlock}), "a retry helps whatever was wrapped around it")
	assert.True(t, dialect.IsTransient(errors.Join(errTaken, deadlock)))
	assert.False(t, dialect.IsTransient(nil))
	assert.False(t, dialect.IsTransient(errTaken))
}
