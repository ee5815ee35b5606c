package valid

import (
	"net/url"
	"strings"
	"time"
)

// MaxText is the longest text that every engine's text columns hold, in bytes:
// that of MySQL's TEXT, which adopted databases keep.
const MaxText = 65_535

// Storable makes a text that is not the caller's own, and so is never refused,
// fit a text column of any engine.
func Storable(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) > MaxText {
		s = strings.ToValidUTF8(s[:MaxText], "")
	}
	return s
}

// LongText is Text for a text column: its limit is MaxText bytes.
func LongText(field, s string) error {
	if len(s) > MaxText {
		return Failf(field, "longer than %d bytes", MaxText)
	}
	return Text(field, s, 0)
}

// Optional is Identifier for a string that may be empty.
func Optional(field, s string, maxRunes int) error {
	if s == "" {
		return nil
	}
	return Identifier(field, s, maxRunes)
}

// Key is Identifier for a name that other names are made of: its limit is in
// bytes.
func Key(field, s string, maxBytes int) error {
	if len(s) > maxBytes {
		return Failf(field, "longer than %d bytes", maxBytes)
	}
	return Identifier(field, s, 0)
}

// AmountOrZero is Amount for a number that may be 0.
func AmountOrZero(field string, n int64) error {
	if n == 0 {
		return nil
	}
	return Amount(field, n)
}

// Time returns at in the form that is stored: UTC, whole microseconds, now
// when it is zero. Years outside 1970 to 9999 are refused.
func Time(field string, at time.Time) (time.Time, error) {
	if at.IsZero() {
		at = time.Now()
	}
	at = at.UTC().Truncate(time.Microsecond)
	if year := at.Year(); year < 1970 || year > 9999 {
		return time.Time{}, Failf(field, "year %d is outside 1970 to 9999", year)
	}
	return at, nil
}

// Bound is Time for an end of a time range, where zero is no bound and stays zero.
func Bound(field string, at time.Time) (time.Time, error) {
	if at.IsZero() {
		return at, nil
	}
	return Time(field, at)
}

// WebURL checks an absolute http or https URL.
func WebURL(field, s string) error {
	if err := Text(field, s, 0); err != nil {
		return err
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return Failf(field, "not an absolute http or https URL")
	}
	return nil
}

// Currency checks an ISO 4217 code by its shape and returns it upper-cased.
func Currency(field, s string) (string, error) {
	code := strings.ToUpper(s)
	if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", Failf(field, "not a three-letter ISO 4217 code")
	}
	return code, nil
}
