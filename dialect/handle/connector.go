package handle

import (
	"context"
	"database/sql/driver"
	"io"
	"time"
)

// LimitConnect returns c with every attempt to connect limited to timeout,
// the handshake included; zero: not limited.
//
// A server that hangs up during the handshake, as one that is stopping does, is
// a bare io.EOF to go-sql-driver, which could be anybody's. It becomes
// io.ErrUnexpectedEOF, which dialect.Classify takes for a lost connection.
func LimitConnect(c driver.Connector, timeout time.Duration) driver.Connector {
	return &limited{Connector: c, timeout: timeout}
}

type limited struct {
	driver.Connector
	timeout time.Duration
}

func (l *limited) Connect(ctx context.Context) (driver.Conn, error) {
	if l.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.timeout)
		defer cancel()
	}
	conn, err := l.Connector.Connect(ctx)
	if err == io.EOF { //nolint:errorlint // bare only: within a *net.OpError it says enough
		err = io.ErrUnexpectedEOF
	}
	return conn, err
}
