package handle

import (
	"context"
	"database/sql/driver"
	"io"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// LimitConnect returns c with each attempt to connect, handshake included, limited to
// timeout; zero means no limit.
//
// If a server closes the connection during the handshake, as a stopping server does,
// go-sql-driver returns a bare io.EOF, which is ambiguous. It becomes io.ErrUnexpectedEOF,
// which dialect.Classify recognizes as a lost connection.
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
