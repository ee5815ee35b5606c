package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// digest is the checksum of rows in any order.
type digest struct {
	rows  int64
	lanes [4]uint64
	buf   []byte
}

// add adds a row.
func (d *digest) add(t *table, row []value) {
	d.buf = d.buf[:0]
	for i, c := range t.columns {
		v := row[i]
		if c.kind == kindJSON && v.set {
			v.s = plainJSON(v.s)
		}
		d.buf = appendValue(d.buf, c.kind, v)
	}
	sum := sha256.Sum256(d.buf)
	for i := range d.lanes {
		d.lanes[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
	d.rows++
}

func (d *digest) same(other *digest) bool {
	return d.rows == other.rows && d.lanes == other.lanes
}

// String is the checksum in 64 hexadecimal digits.
func (d *digest) String() string {
	var b [32]byte
	for i, lane := range d.lanes {
		binary.BigEndian.PutUint64(b[8*i:], lane)
	}
	return hex.EncodeToString(b[:])
}
