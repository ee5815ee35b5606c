package dialect

import (
	"errors"
	"strings"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// Kind says what an engine's failure means to the caller, independently of the
// engine.
type Kind int

// The kinds of failure. Each has a sentinel for errors.Is, such as [ErrUnique].
const (
	// KindOther is an engine's error that has no kind of its own: a syntax
	// error, a feature that the server lacks.
	KindOther Kind = iota
	// KindUnavailable: the server cannot be reached, is starting or stopping,
	// closed the connection, or is out of disk or memory.
	KindUnavailable
	// KindUnauthenticated: the server refused the user or password.
	KindUnauthenticated
	// KindPermission: the user may not do this, or the server is read-only.
	KindPermission
	// KindNoDatabase: the server has no such database, or the file is not a
	// database.
	KindNoDatabase
	// KindTLS: the two sides do not agree on TLS, or a certificate is refused.
	KindTLS
	// KindTooManyConnections: the server or the user is at its limit.
	KindTooManyConnections
	// KindUnsupportedVersion: the server is older than this module supports.
	KindUnsupportedVersion
	// KindSchemaMissing: a table or a column is missing; push the schema.
	KindSchemaMissing
	// KindUnique: another row has this value; [UniqueIndex] names the index.
	KindUnique
	// KindConstraint: a check, NOT NULL or foreign key constraint, or a value
	// that is too long, out of range, or not valid for its column.
	KindConstraint
	// KindTransient: a deadlock, serialization failure or lock timeout. The
	// same transaction may succeed if it is run again from its beginning.
	KindTransient
	// KindTimeout: a deadline or the server's statement timeout passed.
	KindTimeout
	// KindCanceled: the caller's context was canceled.
	KindCanceled
	// KindClosed: the handle is closed, or its transaction has ended.
	KindClosed
	// KindTimeZone: the settings of a handle that chameleon did not open would
	// change times when they are stored or read.
	KindTimeZone
)

// String returns the kind in a few words.
func (k Kind) String() string {
	switch k {
	case KindUnavailable:
		return "database unavailable"
	case KindUnauthenticated:
		return "authentication failed"
	case KindPermission:
		return "permission denied"
	case KindNoDatabase:
		return "no such database"
	case KindTLS:
		return "TLS failed"
	case KindTooManyConnections:
		return "too many connections"
	case KindUnsupportedVersion:
		return "unsupported version"
	case KindSchemaMissing:
		return "table or column missing"
	case KindUnique:
		return "duplicate value"
	case KindConstraint:
		return "value refused by the schema"
	case KindTransient:
		return "conflict with another transaction"
	case KindTimeout:
		return "timed out"
	case KindCanceled:
		return "canceled"
	case KindClosed:
		return "handle closed"
	case KindTimeZone:
		return "time zone would change times"
	default:
		return "database error"
	}
}

// Error is an engine's failure with its meaning. errors.Is matches it with the
// sentinel of its kind; errors.As reaches the driver's own error through it.
type Error struct {
	// Kind is the meaning.
	Kind Kind
	// Engine is the engine that failed; empty if it is not known, as for a
	// refused connection outside [InTx].
	Engine Engine
	// Code is the engine's own code: a SQLSTATE, or a number in decimal. Empty
	// for failures that never reached an engine.
	Code string
	// Index names the violated index of a KindUnique; see [UniqueIndex].
	Index string
	// Remedy says what to do about it. It is part of Error's text.
	Remedy string
	// OutcomeUnknown means that the work may or may not be stored, now or
	// later: see [ErrOutcomeUnknown], which matches it too. Kind then says why
	// there was no answer: KindUnavailable, KindTimeout or KindCanceled.
	OutcomeUnknown bool
	// Err is what the driver returned, with whatever was wrapped around it.
	Err error

	// lost means that the connection is gone, and with it any transaction
	// that was not yet being committed.
	lost bool
	// unanswered means that time ran out while connecting.
	unanswered bool
}

// Error says which engine failed, what that means, what the driver reported and
// what to do. Values that a driver quotes from the statement are left out, so
// that no secret gets into a log; errors.As still reaches the driver's own
// error.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Engine != "" {
		b.WriteString(string(e.Engine) + ": ")
	}
	b.WriteString(e.Kind.String())
	if e.OutcomeUnknown {
		b.WriteString(", outcome unknown")
	}
	if e.Index != "" {
		b.WriteString(" in " + e.Index)
	}
	text := safeText(e.Err)
	if e.Code != "" && !strings.Contains(text, e.Code) {
		b.WriteString(" [" + e.Code + "]")
	}
	if text != "" {
		b.WriteString(": " + text)
	}
	if e.Remedy != "" {
		b.WriteString(" (remedy: " + e.Remedy + ")")
	}
	return shown.Line(b.String())
}

// Unwrap returns what the driver returned.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is match the sentinel of the error's kind. A server that did
// not answer in time while connecting is both unavailable and a timeout.
func (e *Error) Is(target error) bool {
	if target == ErrOutcomeUnknown {
		return e.OutcomeUnknown
	}
	s, ok := target.(kindError)
	if ok && e.unanswered && (Kind(s) == KindUnavailable || Kind(s) == KindTimeout) {
		return true
	}
	return ok && Kind(s) == e.Kind
}

// kindError is a sentinel: it carries no more than the kind, so that a copy of
// it compares equal.
type kindError Kind

func (k kindError) Error() string { return Kind(k).String() }

// The sentinels, one for each kind.
var (
	ErrUnavailable        error = kindError(KindUnavailable)
	ErrUnauthenticated    error = kindError(KindUnauthenticated)
	ErrPermission         error = kindError(KindPermission)
	ErrNoDatabase         error = kindError(KindNoDatabase)
	ErrTLS                error = kindError(KindTLS)
	ErrTooManyConnections error = kindError(KindTooManyConnections)
	ErrUnsupportedVersion error = kindError(KindUnsupportedVersion)
	ErrSchemaMissing      error = kindError(KindSchemaMissing)
	ErrUnique             error = kindError(KindUnique)
	ErrConstraint         error = kindError(KindConstraint)
	ErrTransient          error = kindError(KindTransient)
	ErrTimeout            error = kindError(KindTimeout)
	ErrCanceled           error = kindError(KindCanceled)
	ErrClosed             error = kindError(KindClosed)
	ErrTimeZone           error = kindError(KindTimeZone)
)

// ErrOutcomeUnknown matches an *Error of work that may or may not be stored, or
// may still be in flight: the connection broke or the context ended after
// COMMIT, or a statement that commits by itself, was sent and before the answer
// arrived. Repeating the call with the same idempotency key is safe and shows
// the outcome.
//
// Any other error of a verb that runs its own transaction means that nothing is
// stored or will be. In a caller's transaction, verbs never return it: their
// work is stored if the caller's COMMIT succeeds, and a transaction whose
// connection broke, or whose statement was interrupted by the end of the
// context, cannot be committed.
var ErrOutcomeUnknown = errors.New("outcome unknown")
