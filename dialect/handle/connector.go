package handle

import (
	"context"
	"database/sql/driver"
	"io"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// LimitConnect returns c with every attempt to connect limited to timeout,
// the handshake included; zero: not limited.
//
// A server that hangs up during the handshake, as one that is stopping does, is
// a bare io.EOF to go-sql-driver, which could be anybody's. It becomes
// io.ErrUnexpectedEOF, which dialect.Classify takes for a lost connection.
//
// Errors: those of dialect.ConnectError, for engine.
func LimitConnect(c driver.Connector, engine dialect.Engine, timeout time.Duration) driver.Connector {
	return &limited{Connector: c, engine: engine, timeout: timeout}
}

type limited struct {
	driver.Connector
	engine  dialect.Engine
	timeout time.Duration
}

func (l *limited) Connect(ctx context.Context) (driver.Conn, error) {
	limited, cancel := limit(ctx, l.timeout)
	defer cancel()
	conn, err := l.Connector.Connect(limited)
	if err == nil {
		return conn, nil
	}
	if err == io.EOF { //nolint:errorlint // bare only: within a *net.OpError it says enough
		err = io.ErrUnexpectedEOF
	}
	return nil, dialect.ConnectError(ctx, l.engine, lateness(limited, err))
}
