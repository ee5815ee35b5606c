package wire_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/torture/wire"
)

// message is a message of PostgreSQL's protocol; type 0 is the first one, which
// has none.
func message(kind byte, body string) []byte {
	var out []byte
	if kind != 0 {
		out = append(out, kind)
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)+4))
	return append(out, body...)
}

// packet is a packet of MySQL's protocol.
func packet(number byte, body string) []byte {
	n := len(body)
	return append([]byte{byte(n), byte(n >> 8), byte(n >> 16), number}, body...)
}

// step is what one side sends, and what it is taken for: a client's request by
// its kind, nothing for a part of one. A server's bytes come before it.
type step struct {
	server, client []byte
	want           []wire.Kind
}

// postgres is a session: a login, statements of both forms in and out of
// transactions, and a goodbye.
func postgres() []step {
	ready := func(status string) []byte { return message('Z', status) }
	prepared := append(message('P', "s1\x00INSERT INTO a VALUES ($1)\x00\x00\x00"), message('D', "Ss1\x00")...)
	bound := append(message('B', "\x00s1\x00\x00\x00\x00\x01\x00\x00\x00\x01S\x00\x00"), message('E', "\x00\x00\x00\x00\x00")...)
	return []step{
		{client: message(0, "\x00\x03\x00\x00user\x00x\x00\x00"), want: []wire.Kind{wire.Login}},
		{client: message('p', "secret\x00"), want: []wire.Kind{wire.Login}},
		{server: append(message('R', "\x00\x00\x00\x00"), ready("I")...), client: message('Q', "SELECT 'commit' AS a\x00"), want: []wire.Kind{wire.Other}},
		{server: ready("I"), client: message('Q', "INSERT INTO a VALUES (1)\x00"), want: []wire.Kind{wire.Packet}},
		{server: ready("I"), client: message('Q', "begin; INSERT INTO a VALUES (1); commit;\x00"), want: []wire.Kind{wire.Packet}},
		{server: ready("I"), client: message('Q', "begin\x00"), want: []wire.Kind{wire.Other}},
		{server: ready("T"), client: message('Q', "INSERT INTO a VALUES (1)\x00"), want: []wire.Kind{wire.Other}},
		{server: ready("T"), client: message('Q', "COMMIT\x00"), want: []wire.Kind{wire.Commit}},
		{server: ready("I"), client: prepared},
		{client: message('S', ""), want: []wire.Kind{wire.Packet}},
		{server: ready("I"), client: bound},
		{client: message('S', ""), want: []wire.Kind{wire.Packet}},
		{server: ready("T"), client: append(bound, message('S', "")...), want: []wire.Kind{wire.Other}},
		{server: ready("I"), client: message('X', ""), want: []wire.Kind{wire.Other}},
	}
}

// mysql is a session of the same kind. What the server says does not matter.
func mysql() []step {
	query, prepare, execute := "\x03", "\x16", "\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00"
	return []step{
		{client: packet(1, "login"), want: []wire.Kind{wire.Login}},
		{client: packet(3, "secret"), want: []wire.Kind{wire.Login}},
		{client: packet(0, query+"SELECT 'commit' AS a"), want: []wire.Kind{wire.Other}},
		{client: packet(0, query+"INSERT INTO a VALUES (1)"), want: []wire.Kind{wire.Packet}},
		{client: packet(0, query+"START TRANSACTION; UPDATE a SET b = 1; COMMIT;"), want: []wire.Kind{wire.Packet}},
		{client: packet(0, query+"UPDATE a SET b = 1"), want: []wire.Kind{wire.Packet}},
		{client: packet(0, query+"START TRANSACTION"), want: []wire.Kind{wire.Other}},
		{client: packet(0, query+"UPDATE a SET b = 1"), want: []wire.Kind{wire.Other}},
		{client: packet(0, prepare+"DELETE FROM a"), want: []wire.Kind{wire.Other}},
		{client: packet(0, execute), want: []wire.Kind{wire.Other}},
		{client: packet(0, query+"commit"), want: []wire.Kind{wire.Commit}},
		{client: packet(0, query+"START TRANSACTION"), want: []wire.Kind{wire.Other}},
		{client: packet(0, query+"ROLLBACK"), want: []wire.Kind{wire.Other}},
		{client: packet(0, query+"DELETE FROM a"), want: []wire.Kind{wire.Packet}},
		{client: packet(0, ""), want: []wire.Kind{wire.Other}},
		{client: packet(0, "\x01"), want: []wire.Kind{wire.Other}},
	}
}

// TestRequestsSplitAnywhere feeds sessions in two parts, cut at every byte of
// every step, and a byte at a time. Requests are recognized by what was sent,
// not by how the network cut it, and nothing that was sent is lost.
func TestRequestsSplitAnywhere(t *testing.T) {
	t.Parallel()
	for engine, steps := range map[dialect.Engine][]step{dialect.PostgreSQL: postgres(), dialect.MySQL: mysql(), dialect.MariaDB: mysql()} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			longest := 0
			for _, s := range steps {
				longest = max(longest, len(s.client), len(s.server))
			}
			for at := range longest {
				play(t, engine, steps, func(b []byte) [][]byte { return [][]byte{b[:min(at, len(b))], b[min(at, len(b)):]} })
			}
			play(t, engine, steps, func(b []byte) [][]byte {
				var parts [][]byte
				for i := range b {
					parts = append(parts, b[i:i+1])
				}
				return parts
			})
		})
	}
}

// play feeds a session and compares the requests that come of it.
func play(t *testing.T, engine dialect.Engine, steps []step, cut func([]byte) [][]byte) {
	t.Helper()
	requests, answers := wire.New(engine)
	var sent, passed []byte
	for i, s := range steps {
		for _, part := range cut(s.server) {
			answers.Feed(part)
		}
		var got []wire.Kind
		for _, part := range cut(s.client) {
			for _, r := range requests.Feed(part) {
				got = append(got, r.Kind)
				passed = append(passed, r.Bytes...)
			}
		}
		sent = append(sent, s.client...)
		assert.Equal(t, s.want, got, "step %d: %q", i, s.client)
	}
	assert.Equal(t, sent, passed, "what was sent is passed on, whole and in order")
}

// TestRequestsAtOnce feeds several requests in one piece, as a pipelining
// client sends them.
func TestRequestsAtOnce(t *testing.T) {
	t.Parallel()
	requests, _ := wire.New(dialect.MySQL)
	var all []byte
	var want, got []wire.Kind
	for _, s := range mysql() {
		all = append(all, s.client...)
		want = append(want, s.want...)
	}
	for _, r := range requests.Feed(all) {
		got = append(got, r.Kind)
	}
	assert.Equal(t, want, got)
}
