package cache

import (
	"crypto/hmac"
	"crypto/sha256"
)

// sign returns a value as it is stored: its HMAC, then the value. The HMAC covers the name
// too, so a value that was damaged, or moved to another name, does not verify. With a secret,
// neither does one that somebody made who does not know it.
func (c *Cache) sign(name string, value []byte) []byte {
	return append(c.mac(name, value), value...)
}

// verify returns the value of what is stored, and false if it is not one of this name.
func (c *Cache) verify(name string, stored []byte) ([]byte, bool) {
	if len(stored) < sha256.Size {
		return nil, false
	}
	value := stored[sha256.Size:]
	return value, hmac.Equal(stored[:sha256.Size], c.mac(name, value))
}

// mac is the HMAC of a name, which contains no zero byte, and a value.
func (c *Cache) mac(name string, value []byte) []byte {
	h := hmac.New(sha256.New, c.options.Secret)
	_, _ = h.Write([]byte(name)) // never fails
	_, _ = h.Write([]byte{0})
	_, _ = h.Write(value)
	return h.Sum(make([]byte, 0, sha256.Size+len(value)))
}
