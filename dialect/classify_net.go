package dialect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// matchTLS recognizes what crypto/tls and crypto/x509 report.
func matchTLS(err error) (finding, bool) {
	switch err.(type) {
	case *tls.CertificateVerificationError, tls.RecordHeaderError, tls.AlertError, *tls.ECHRejectionError,
		x509.UnknownAuthorityError, x509.HostnameError, x509.CertificateInvalidError,
		x509.SystemRootsError, x509.InsecureAlgorithmError, x509.ConstraintViolationError:
		return finding{kind: KindTLS}, true
	}
	return finding{}, false
}

// matchNetwork recognizes connections that cannot be made or broke.
func matchNetwork(err error) (finding, bool) {
	switch e := err.(type) {
	case *net.DNSError:
		return finding{kind: KindUnavailable, remedy: remedyHost, dial: true}, true
	case *net.OpError:
		return matchOp(e), true
	case syscall.Errno:
		switch e {
		case syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH:
			return finding{kind: KindUnavailable, dial: true}, true
		case syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT:
			return finding{kind: KindUnavailable, lost: true}, true
		}
	}
	return finding{}, false
}

// matchOp looks into an operation on a connection: a TLS alert arrives as one
// too, and so does an unknown host.
func matchOp(e *net.OpError) finding {
	if _, ok := errors.AsType[tls.AlertError](e); ok {
		return finding{kind: KindTLS}
	}
	dns, unknownHost := errors.AsType[*net.DNSError](e)
	f := finding{kind: KindUnavailable, dial: e.Op == "dial"}
	switch {
	case unknownHost && dns.IsNotFound:
		f.remedy = remedyHost
	case e.Timeout() && !f.dial:
		f.kind = KindTimeout
	case e.Op == "remote error", e.Op == "local error":
		f.kind = KindTLS // crypto/tls reports its alerts under these names
	default:
		f.lost = !f.dial
	}
	return f
}

// matchSentinel recognizes the sentinels of the standard library, and those of
// drivers and of database/sql that cannot be named from here.
func matchSentinel(err error) (finding, bool) {
	switch err {
	case context.Canceled:
		return finding{kind: KindCanceled}, true
	case context.DeadlineExceeded:
		return finding{kind: KindTimeout}, true
	case driver.ErrBadConn:
		return finding{kind: KindUnavailable, lost: true}, true
	case io.ErrUnexpectedEOF: // pgx, bare, when the answer to a prepared statement breaks off
		return finding{kind: KindUnavailable, lost: true}, true
	case sql.ErrConnDone, sql.ErrTxDone:
		return finding{kind: KindClosed}, true
	}
	if packagePath(err) != "errors" { // made by errors.New: nothing but a text
		return finding{}, false
	}
	switch err.Error() {
	case "sql: database is closed", "sql: statement is closed", // database/sql
		"tx is closed": // pgx
		return finding{kind: KindClosed}, true
	case "conn closed", // pgx
		"invalid connection", "bad connection", "malformed packet", // go-sql-driver/mysql
		"commands out of sync. You can't run this command now",
		"commands out of sync. Did you run multiple statements at once?":
		return finding{kind: KindUnavailable, lost: true}, true
	case "commit unexpectedly resulted in rollback": // pgx
		return finding{kind: KindOther, engine: PostgreSQL, remedy: remedyAborted}, true
	case "server refused TLS connection", // pgx
		"TLS requested but server does not support TLS": // go-sql-driver/mysql
		return finding{kind: KindTLS}, true
	}
	return matchDriverText(err.Error())
}

// matchDriverText recognizes what go-sql-driver/mysql refuses by itself.
func matchDriverText(text string) (finding, bool) {
	switch {
	case text == "this authentication plugin is not supported",
		text == "this user requires mysql native password authentication",
		strings.HasPrefix(text, "this user requires clear text authentication."),
		strings.HasPrefix(text, "this user requires old password authentication."):
		// The driver's own text advises to send the password in the clear.
		first, _, _ := strings.Cut(text, ".")
		return finding{kind: KindUnauthenticated, remedy: remedyPlugin, text: first}, true
	case text == "MySQL server does not support required protocol 41+":
		return finding{kind: KindUnsupportedVersion, remedy: remedyOldServer}, true
	case strings.HasPrefix(text, "packet for query is too large."):
		return finding{kind: KindConstraint, remedy: remedyPacket, text: "packet for query is too large"}, true
	case strings.HasSuffix(text, "' is not registered") && (strings.HasPrefix(text, "local file '") || strings.HasPrefix(text, "reader '")):
		return finding{kind: KindPermission, remedy: remedyInfile, text: maskQuoted(text)}, true
	case text == "busy buffer":
		return finding{kind: KindUnavailable, lost: true}, true
	}
	return finding{}, false
}

// matchInDriver recognizes what is an engine's failure only because a driver
// reports it.
func matchInDriver(err error) (finding, bool) {
	if err == io.EOF || err == net.ErrClosed || err == io.ErrClosedPipe {
		return finding{kind: KindUnavailable, lost: true}, true
	}
	if t, ok := err.(net.Error); ok && t.Timeout() {
		return finding{kind: KindTimeout}, true
	}
	return finding{}, false
}
