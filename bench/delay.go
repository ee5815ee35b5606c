package main

import (
	"io"
	"net"
	"net/url"
	"time"
)

// delayed returns a URL that leads to the same server through a network on which
// an answer takes the delay. It ends with the process.
func delayed(databaseURL string, delay time.Duration) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // for as long as the process lives
	if err != nil {
		return "", err
	}
	target := u.Host
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target) //nolint:noctx // as the client does
			if err != nil {
				_ = client.Close()
				continue
			}
			go pump(server, client, delay/2)
			go pump(client, server, delay/2)
		}
	}()
	u.Host = listener.Addr().String()
	return u.String(), nil
}

// packet is what was read, and when it is to arrive.
type packet struct {
	data []byte
	due  time.Time
}

// pump carries bytes from one side to the other, each read after the delay, those
// behind it meanwhile on their way.
func pump(to io.WriteCloser, from io.Reader, delay time.Duration) {
	packets := make(chan packet, 1024)
	go func() {
		defer func() { _ = to.Close() }()
		for p := range packets {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.data); err != nil {
				return
			}
		}
	}()
	defer close(packets)
	for {
		buffer := make([]byte, 32<<10)
		n, err := from.Read(buffer)
		if n > 0 {
			packets <- packet{buffer[:n], time.Now().Add(delay)}
		}
		if err != nil {
			return
		}
	}
}
