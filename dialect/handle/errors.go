package handle

import (
	"errors"

	"github.com/chameleon-go/chameleon/dialect"
)

// OpenError classifies the error of opening a database. The result is the *dialect.Error
// that [dialect.Classify] returns, with the engine filled in.
func OpenError(engine dialect.Engine, err error) error {
	err = dialect.Classify(err)
	e, ok := errors.AsType[*dialect.Error](err)
	if !ok || e.Engine == engine {
		return err
	}
	named := *e
	named.Engine = engine
	return &named
}

// NewError returns a *dialect.Error for what no driver reports.
func NewError(kind dialect.Kind, engine dialect.Engine, problem, remedy string) error {
	return &dialect.Error{Kind: kind, Engine: engine, Remedy: remedy, Err: errors.New(problem)}
}

// Unsupported returns the error for a server that this module does not
// support.
//
// Errors: a *dialect.Error that matches dialect.ErrUnsupportedVersion, always.
func Unsupported(engine dialect.Engine, problem, remedy string) error {
	return NewError(dialect.KindUnsupportedVersion, engine, problem, remedy)
}

// TLSRequired returns the error for a server that accepts this user only over TLS. err is
// the server's answer to the attempt without TLS.
func TLSRequired(engine dialect.Engine, err error, remedy string) error {
	e := &dialect.Error{Kind: dialect.KindTLS, Engine: engine, Remedy: remedy, Err: err}
	if said, ok := errors.AsType[*dialect.Error](err); ok {
		e.Code, e.Err = said.Code, said.Err
	}
	return e
}
