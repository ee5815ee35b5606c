package credits

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// place is where a page ended: the last row's place in the order of its list.
type place struct {
	kind placeKind
	// at and id order rows of one kind; user too, in lists over accounts.
	at, id int64
	user   string
	// since, in a statement, is the seq that was next when the statement began, 0 if there
	// was nothing outside the ledger: see [statementReader.since].
	since int64
}

// placeKind distinguishes the rows that a list merges.
type placeKind byte

const (
	placeLedger placeKind = iota
	placeLegacy
	placeUndated
)

// placePaid is a paid grant in the burn order, where free ones come first.
const placePaid = placeLegacy

// A cursor is a version byte, the fingerprint of the list and its filters, the kind, the two
// numbers, since (in the second version), and the account if the list is over accounts.
const (
	placeVersion = 1
	sinceVersion = 2
	placeSize    = 1 + 8 + 1 + 8 + 8
)

// cursor encodes a place as an opaque string that is bound to scope.
func (p place) cursor(scope string) string {
	b := make([]byte, 0, placeSize+8+len(p.user))
	b = append(b, placeVersion)
	b = binary.BigEndian.AppendUint64(b, scopeSum(scope))
	b = append(b, byte(p.kind))
	b = binary.BigEndian.AppendUint64(b, uint64(p.at)) //nolint:gosec // two's complement, read back the same way
	b = binary.BigEndian.AppendUint64(b, uint64(p.id)) //nolint:gosec // two's complement, read back the same way
	if p.since > 0 {
		b[0] = sinceVersion
		b = binary.BigEndian.AppendUint64(b, uint64(p.since))
	}
	return base64.RawURLEncoding.EncodeToString(append(b, p.user...))
}

// parsePlace decodes a cursor, nil for "". A cursor of another list, or of this one with other
// filters, is refused, because its place would have another meaning.
func parsePlace(cursor, scope string) (*place, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	since, ok := int64(0), err == nil && len(b) >= placeSize && placeKind(b[9]) <= placeUndated
	switch {
	case ok && b[0] == placeVersion:
	case ok && b[0] == sinceVersion && len(b) >= placeSize+8:
		since = int64(binary.BigEndian.Uint64(b[placeSize:])) //nolint:gosec // see cursor
		b = slices.Delete(b, placeSize, placeSize+8)
		ok = since > 0
	default:
		ok = false
	}
	if !ok {
		return nil, valid.Failf("Cursor", "not a cursor")
	}
	if binary.BigEndian.Uint64(b[1:]) != scopeSum(scope) {
		return nil, valid.Failf("Cursor", "belongs to another list or other filters")
	}
	p := &place{
		kind: placeKind(b[9]), since: since,
		at:   int64(binary.BigEndian.Uint64(b[10:])), //nolint:gosec // see cursor
		id:   int64(binary.BigEndian.Uint64(b[18:])), //nolint:gosec // see cursor
		user: string(b[placeSize:]),
	}
	if p.id < 0 || p.at == math.MaxInt64 || (p.user != "" && checkAccount("Cursor", p.user) != nil) {
		return nil, valid.Failf("Cursor", "not a cursor")
	}
	return p, nil
}

func scopeSum(scope string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(scope))
	return h.Sum64()
}
