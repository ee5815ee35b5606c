package cache

import (
	"crypto/hmac"
	"crypto/sha256"
)

// A sealed value is what follows from its name and content, and the content. So a value
// that was damaged, or is another name's, does not open, and with a secret none does that
// somebody made who has it not.

func (c *Cache) seal(name string, value []byte) []byte {
	return append(c.mark(name, value), value...)
}

// unseal returns the content, and false for what is no value of this name.
func (c *Cache) unseal(name string, sealed []byte) ([]byte, bool) {
	if len(sealed) < sha256.Size {
		return nil, false
	}
	value := sealed[sha256.Size:]
	return value, hmac.Equal(sealed[:sha256.Size], c.mark(name, value))
}

// mark is the HMAC of a name, which holds no zero byte, and a value.
func (c *Cache) mark(name string, value []byte) []byte {
	h := hmac.New(sha256.New, c.options.Secret)
	_, _ = h.Write([]byte(name)) // never fails
	_, _ = h.Write([]byte{0})
	_, _ = h.Write(value)
	return h.Sum(make([]byte, 0, sha256.Size+len(value)))
}
