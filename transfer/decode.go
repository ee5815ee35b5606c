package transfer

import (
	"encoding/binary"
	"errors"
)

var errValue = errors.New("a value is malformed")

// takeValue reads a value of the given kind from b.
func takeValue(b []byte, k kind) (v value, rest []byte, err error) {
	if len(b) == 0 {
		return v, nil, errValue
	}
	mark, b := b[0], b[1:]
	if mark == markNull {
		return v, b, nil
	}
	v.set = true
	switch {
	case mark == markInt && k == kindInt, mark == markTime && k == kindTime:
		var n int
		if v.n, n = binary.Varint(b); n > 0 && (n == 1 || b[n-1] != 0) {
			return v, b[n:], nil
		}
	case mark == markBool && k == kindBool && len(b) > 0 && b[0] <= 1:
		v.n = int64(b[0])
		return v, b[1:], nil
	case mark == markFloat && k == kindFloat && len(b) >= 8:
		v.n = int64(binary.BigEndian.Uint64(b)) //nolint:gosec // bits
		return v, b[8:], nil
	case mark == markText && (k == kindText || k == kindJSON):
		size, n := binary.Uvarint(b)
		if n > 0 && (n == 1 || b[n-1] != 0) && size <= uint64(len(b)) && int(size) <= len(b)-n { //nolint:gosec // compared before
			end := n + int(size) //nolint:gosec // compared
			v.s = string(b[n:end])
			return v, b[end:], nil
		}
	}
	return v, nil, errValue
}
