package wire

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
)

// HostileMySQL leads to a server that sets statement for every session before
// its client says anything, as a server's own defaults and its init_connect do.
func HostileMySQL(t testing.TB, databaseURL, statement string) string {
	t.Helper()
	u := Relay(t, databaseURL, func(client, server net.Conn) {
		go func() { _, _ = io.Copy(server, client) }()
		// The login ends with the server's first packet that says OK.
		for first := true; ; first = false {
			packet, err := readPacket(server)
			if err != nil {
				return
			}
			ok := !first && packet[4] == 0
			if ok && exchange(server, statement) != nil {
				return
			}
			if _, err := client.Write(packet); err != nil {
				return
			}
			if ok {
				break
			}
		}
		_, _ = io.Copy(client, server)
	})
	return u.String()
}

// readPacket reads one packet of MySQL's protocol, its header included.
func readPacket(r io.Reader) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	packet := make([]byte, 4+(int(header[0])|int(header[1])<<8|int(header[2])<<16))
	copy(packet, header[:])
	_, err := io.ReadFull(r, packet[4:])
	return packet, err
}

// exchange sends a statement and takes its answer.
func exchange(server net.Conn, statement string) error {
	packet := binary.LittleEndian.AppendUint32(nil, uint32(len(statement)+1)) //nolint:gosec // a short one; the fourth byte, 0, is the sequence
	packet = append(append(packet, 3), statement...)
	if _, err := server.Write(packet); err != nil {
		return err
	}
	answer, err := readPacket(server)
	if err == nil && answer[4] != 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}
