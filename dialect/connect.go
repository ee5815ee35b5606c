package dialect

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"
)

// ConnectError classifies err, which an attempt to connect to a server of
// engine returned. ctx is the caller's own context, without the attempt's own
// time limit.
//
// A server that does not answer in time is ErrUnavailable if the attempt's own
// limit passed, and ErrTimeout if the caller's deadline did; the error matches
// both, and its remedy is about reaching the server, not about slow queries. An
// unrecognized error is ErrUnavailable too: whatever answered does not speak
// the engine's protocol as the driver knows it.
func ConnectError(ctx context.Context, engine Engine, err error) error {
	if err == nil {
		return nil
	}
	e := Error{Kind: KindUnavailable, Remedy: remedyProtocol, Err: err}
	if found, ok := errors.AsType[*Error](Classify(err)); ok {
		e = *found
	}
	if e.Engine == "" {
		e.Engine = engine
	}
	if e.Kind == KindTimeout && e.Code == "" || e.Kind == KindUnavailable && timedOut(err) {
		e.Kind, e.Remedy, e.unanswered = KindUnavailable, remedyNoAnswer, true
		if expired(ctx) {
			e.Kind = KindTimeout
		}
	}
	return &e
}

// timedOut reports whether err is about time that ran out on this side.
func timedOut(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
}

// expired reports whether ctx's deadline has passed. A connection's deadline,
// set to the same moment, may be noticed before the context's.
func expired(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}

// connectMeaning tells what pgx found wrong while connecting, where neither
// the server nor the network said so. Its errors have no types: the text says
// at which step it gave up.
func connectMeaning(err error) finding {
	f := finding{kind: KindUnavailable, dial: true, leaf: err}
	text := err.Error()
	for _, step := range []struct {
		mark string
		kind Kind
	}{
		{": sslcertmode check failed: ", KindTLS},
		{": channel binding check failed: ", KindTLS},
		{"channel binding required but ", KindTLS},
		{": failed SASL auth: ", KindUnauthenticated},
		{": failed GSS auth: ", KindUnauthenticated},
		{": require_auth check failed: ", KindUnauthenticated},
	} {
		if strings.Contains(text, step.mark) {
			f.kind, f.remedy = step.kind, remedyHandshake
			return f
		}
	}
	if strings.Contains(text, ": received unexpected message: ") || strings.Contains(text, ": protocol error: ") {
		f.remedy = remedyProtocol
	}
	return f
}
