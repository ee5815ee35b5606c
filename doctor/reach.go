package doctor

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// Unreachable returns the report of a database that could not be opened: one finding,
// with the cause. err is what opening it returned.
func Unreachable(err error) *Report {
	return &Report{At: time.Now().UTC(), Findings: []Finding{reached(dialect.Classify(err))}}
}

// sslRemedy is what the page on troubleshooting says besides: TLS can be the reason.
const sslRemedy = "; and that its TLS settings (sslmode, ssl-mode) match what the server requires"

// reached says why a database cannot be used. The error's text holds no secret.
func reached(err error) Finding {
	f := Finding{Code: "unavailable", Severity: Error, Case: CaseConnectionRefused, Problem: err.Error()}
	if e, ok := errors.AsType[*dialect.Error](err); ok {
		f.Remedy = e.Remedy
		f.Problem = strings.Replace(f.Problem, " (remedy: "+e.Remedy+")", "", 1)
	}
	_, unknownHost := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, dialect.ErrInvalid):
		f.Code, f.Remedy = "url_invalid", "correct DATABASE_URL: scheme://user:password@host:port/database, as the provider shows it"
	case unknownHost:
		f.Code = "host_unknown"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Code = "connection_refused"
		f.Remedy += sslRemedy
	case errors.Is(err, dialect.ErrTLS):
		f.Code = "tls_failed"
	case errors.Is(err, dialect.ErrUnauthenticated):
		f.Code, f.Case = "password_refused", CasePermissionDenied
	case errors.Is(err, dialect.ErrPermission):
		f.Code, f.Case = "permission_denied", CasePermissionDenied
	case errors.Is(err, dialect.ErrNoDatabase):
		f.Code, f.Case = "database_missing", CaseTableMissing
	case errors.Is(err, dialect.ErrTooManyConnections):
		f.Code, f.Case = "too_many_connections", ""
	case errors.Is(err, dialect.ErrUnsupportedVersion):
		f.Code, f.Case = "version_unsupported", ""
	case errors.Is(err, dialect.ErrTimeout):
		f.Code = "no_answer"
		f.Remedy += sslRemedy
	}
	if f.Remedy == "" {
		f.Remedy = "see the error's own text"
	}
	return f
}
