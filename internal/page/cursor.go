// Package page reads lists in keyset pages: newest first, each page starting
// where the last one ended, stable while rows are added.
package page

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// cursorSize is a version byte, the list's fingerprint, whether the row has a
// time, the time and the id.
const cursorSize = 1 + 8 + 1 + 8 + 8

const cursorVersion = 2

// epoch is what times are counted from: microseconds since then hold every time that
// PostgreSQL has, which counts so itself.
const epoch = 946_684_800 // 2000-01-01, in seconds since 1970

// micros is a time as microseconds since the epoch.
func micros(at time.Time) int64 { return (at.Unix()-epoch)*1e6 + int64(at.Nanosecond())/1e3 }

// fromMicros is the time that micros tells.
func fromMicros(us int64) time.Time {
	seconds, rest := us/1e6, us%1e6
	return time.Unix(epoch+seconds, rest*1e3).UTC()
}

// position is a row's place in its list. Rows without a time come after all
// that have one.
type position struct {
	timed bool
	at    time.Time
	id    int64
}

// isStart reports whether p is where a list begins. No row has the id 0.
func (p position) isStart() bool { return p.timed && p.at.IsZero() && p.id == 0 }

// encode writes a position as an opaque string that is bound to scope.
func (p position) encode(scope string) string {
	b := make([]byte, 0, cursorSize)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, fingerprint(scope))
	if p.timed {
		b = append(b, 1)
		b = binary.BigEndian.AppendUint64(b, uint64(micros(p.at))) //nolint:gosec // two's complement, read back the same way
	} else {
		b = append(b, 0)
		b = binary.BigEndian.AppendUint64(b, 0)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(p.id)) //nolint:gosec // as well
	return base64.RawURLEncoding.EncodeToString(b)
}

// decode reads what encode wrote. A cursor of another list is refused: its
// position would mean something else there; so is a time that no row of the engine's
// has.
func decode(cursor, scope string, caps dialect.Capabilities) (position, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != cursorSize || b[0] != cursorVersion || b[9] > 1 {
		return position{}, valid.Failf("Cursor", "not a cursor")
	}
	if binary.BigEndian.Uint64(b[1:]) != fingerprint(scope) {
		return position{}, valid.Failf("Cursor", "belongs to another list")
	}
	if b[9] == 0 && binary.BigEndian.Uint64(b[10:]) != 0 {
		return position{}, valid.Failf("Cursor", "not a cursor") // no time, and which
	}
	p := position{timed: b[9] == 1, id: int64(binary.BigEndian.Uint64(b[18:]))} //nolint:gosec // see encode
	if p.timed {
		p.at = fromMicros(int64(binary.BigEndian.Uint64(b[10:]))) //nolint:gosec // see encode
		if !moment.Held(caps, p.at) {
			return position{}, valid.Failf("Cursor", "not a cursor")
		}
	}
	return p, nil
}

func fingerprint(scope string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(scope))
	return h.Sum64()
}
