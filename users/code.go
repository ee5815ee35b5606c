package users

import (
	"crypto/rand"
)

// Invite codes have 6 to 8 characters.
const (
	minCodeLen     = 6
	codeLenChoices = 3
)

const codeAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// newCode makes an invite code from the system's secure source. The length is
// 6, 7 or 8, each as likely, and so is every character.
func newCode() string {
	var pool randomBytes
	code := make([]byte, minCodeLen+pool.below(codeLenChoices))
	for i := range code {
		code[i] = codeAlphabet[pool.below(len(codeAlphabet))]
	}
	return string(code)
}

// randomBytes hands out secure random bytes, fetched a few at a time.
type randomBytes struct {
	buf  [16]byte
	left int
}

// below returns a uniform number from 0 to n-1, for n up to 256. Bytes beyond
// the last whole multiple of n are rejected: taking them modulo n would favor
// small numbers.
func (r *randomBytes) below(n int) int {
	for {
		if r.left == 0 {
			_, _ = rand.Read(r.buf[:]) // never fails: it ends the program instead
			r.left = len(r.buf)
		}
		r.left--
		if b := int(r.buf[r.left]); b < 256-256%n {
			return b % n
		}
	}
}
