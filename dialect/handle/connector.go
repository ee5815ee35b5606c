package handle

import (
	"context"
	"database/sql/driver"
	"time"
)

// LimitConnect returns c with every attempt to connect limited to timeout,
// the handshake included; zero: c itself.
func LimitConnect(c driver.Connector, timeout time.Duration) driver.Connector {
	if timeout == 0 {
		return c
	}
	return &limited{Connector: c, timeout: timeout}
}

type limited struct {
	driver.Connector
	timeout time.Duration
}

func (l *limited) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	return l.Connector.Connect(ctx)
}
