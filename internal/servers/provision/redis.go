package provision

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"strings"
)

// prepareRedis returns the command of Valkey, or else of Redis.
func (l local) prepareRedis(context.Context) ([]string, error) {
	program, err := exec.LookPath("valkey-server")
	if err != nil {
		program, err = exec.LookPath("redis-server")
	}
	if err != nil {
		return nil, err
	}
	command := append([]string{program}, redisFlags(l.run.password)...)
	return append(command, "--bind", "127.0.0.1", "--port", l.port, "--dir", l.dir), nil
}

// redisVersion asks a server what it is, in the protocol's inline form, which needs no
// client.
func redisVersion(ctx context.Context, rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", errors.New("the URL cannot be parsed") // the parser's text would hold the password
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }() // it was only asked
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	request := "INFO server\r\nQUIT\r\n"
	if password, ok := u.User.Password(); ok {
		request = "AUTH " + password + "\r\n" + request
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return "", err
	}
	lines := bufio.NewScanner(conn)
	version := ""
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "-") {
			return "", fmt.Errorf("redis: %s", line[1:])
		}
		if found, ok := strings.CutPrefix(line, "redis_version:"); ok {
			version = "Redis " + found
		}
		if found, ok := strings.CutPrefix(line, "valkey_version:"); ok {
			version = "Valkey " + found
		}
	}
	if version == "" {
		return "", errors.Join(errors.New("redis: no version in the answer"), lines.Err())
	}
	return version, nil
}
