package dburl

import (
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var keyForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,63}$`)

// ParseQuery reads "key=value&key=value". A plus sign is a plus sign.
func ParseQuery(query string) ([]Param, error) {
	var params []Param
	for piece := range strings.SplitSeq(query, "&") {
		if piece == "" {
			continue
		}
		key, value, given := strings.Cut(piece, "=")
		if !given { // not by name: it may be the rest of a password that has an & in it
			return nil, fail("has a parameter without a value: %s, & is %%26", encodeHint)
		}
		p := Param{Key: decode(key), Value: decode(value)}
		if !keyForm.MatchString(p.Key) {
			return nil, fail("has a parameter whose name cannot be read: %s, & is %%26", encodeHint)
		}
		if strings.IndexByte(p.Value, 0) >= 0 {
			return nil, fail("holds a NUL byte in parameter %s", p.Key)
		}
		params = append(params, p)
	}
	return params, nil
}

// decode undoes percent-encoding. Text with a % that no two hexadecimal
// digits follow cannot have been encoded: it is taken as it stands.
func decode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return s
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return s
		}
		b = append(b, c...)
		i += 2
	}
	return string(b)
}

// Decode is decode for packages whose URLs are not a server's.
func Decode(s string) string { return decode(s) }

// Count reads a whole number of p's value, at least minimum.
func (p Param) Count(minimum int) (int, error) {
	n, err := strconv.Atoi(p.Value)
	if err != nil || n < minimum || n > 1<<20 {
		return 0, fail("parameter %s is not a whole number from %d to %d", p.Key, minimum, 1<<20)
	}
	return n, nil
}

// Seconds reads a duration: a number of seconds, or Go's form such as 1m30s.
func (p Param) Seconds() (time.Duration, error) {
	if n, err := strconv.ParseFloat(p.Value, 64); err == nil && n >= 0 && n <= 1e9 {
		return time.Duration(n * float64(time.Second)), nil
	}
	if d, err := time.ParseDuration(p.Value); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fail("parameter %s is not a number of seconds", p.Key)
}

// Bool reads yes or no as the tools that write URLs spell it.
func (p Param) Bool() (bool, error) {
	switch strings.ToLower(p.Value) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, fail("parameter %s is neither true nor false", p.Key)
}

// Refuse returns the error for a parameter that is not known.
func (p Param) Refuse(why string) error { return fail("parameter %s %s", p.Key, why) }
