package handle

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// Version is a server's version, compared number by number.
type Version [3]int

// ParseVersion returns the first version number in s, such as "10.11.6-MariaDB", "15.4
// (Debian 15.4-1)" or "18beta1". ok is false if there is none.
func ParseVersion(s string) (v Version, ok bool) {
	start := strings.IndexFunc(s, func(r rune) bool { return '0' <= r && r <= '9' })
	if start < 0 {
		return v, false
	}
	for i, part := range strings.SplitN(s[start:], ".", 4) {
		if i == len(v) {
			break
		}
		digits := len(part) - len(strings.TrimLeft(part, "0123456789"))
		n, err := strconv.Atoi(part[:digits])
		if err != nil {
			break
		}
		v[i] = n
		if digits < len(part) {
			break
		}
	}
	return v, true
}

// AtLeast reports whether v is minimum or newer.
func (v Version) AtLeast(minimum Version) bool {
	for i := range v {
		if v[i] != minimum[i] {
			return v[i] > minimum[i]
		}
	}
	return true
}

// String returns the first two numbers, by which versions are known.
func (v Version) String() string { return fmt.Sprintf("%d.%d", v[0], v[1]) }

// RequireVersion returns an error that matches dialect.ErrUnsupportedVersion if stated, the
// version as the server reports it, is older than minimum.
//
// Errors: that one, a *dialect.Error.
func RequireVersion(engine dialect.Engine, stated string, minimum Version) error {
	v, ok := ParseVersion(stated)
	if ok && v.AtLeast(minimum) {
		return nil
	}
	return Unsupported(engine, fmt.Sprintf("%s %s is older than %s", engine, stated, minimum),
		fmt.Sprintf("upgrade the server to %s %s or newer", engine, minimum))
}
