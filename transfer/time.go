package transfer

import (
	"strings"
	"time"
)

// The forms in which engines and programs write a time. Without a zone it is UTC.
//
//nolint:gochecknoglobals // a constant
var timeForms = []string{
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999-07:00",
	"2006-01-02 15:04:05.999999999-07",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04",
	"2006-01-02",
}

// zeroDate is what MySQL stores for an invalid date.
const zeroDate = "0000-00-00"

// parseTime reads a time as microseconds since 1970. It returns false for what that cannot
// express, such as PostgreSQL's infinity and years before 1.
func parseTime(s string) (us int64, ok bool) {
	if t, ok := quickTime(s); ok {
		return t.UnixMicro(), true
	}
	if strings.HasPrefix(s, zeroDate) {
		return time.Time{}.UnixMicro(), true
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UnixMicro(), true
		}
	}
	return 0, false
}

// quickTime reads "2006-01-02 15:04:05[.999999][+00[:00]]", the form of nearly all times.
func quickTime(s string) (t time.Time, ok bool) {
	const clock = len("2006-01-02 15:04:05")
	if len(s) < clock || s[4] != '-' || s[7] != '-' || s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return t, false
	}
	ok = true
	num := func(from, to int) (n int) {
		for _, c := range []byte(s[from:to]) {
			ok = ok && '0' <= c && c <= '9'
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := num(0, 4), num(5, 7), num(8, 10)
	hour, minute, second := num(11, 13), num(14, 16), num(17, 19)
	nanos, rest := 0, s[clock:]
	if strings.HasPrefix(rest, ".") {
		digits := 1
		for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
			digits++
		}
		for i := 1; i <= 9; i++ {
			nanos *= 10
			if i < digits {
				nanos += int(rest[i] - '0')
			}
		}
		rest = rest[digits:]
	}
	switch {
	case !ok, rest != "" && rest != "+00" && rest != "+00:00" && rest != "Z":
		return t, false
	case year == 0, month < 1, month > 12, day < 1, hour > 23, minute > 59, second > 59:
		return t, false
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return t, t.Day() == day
}

// The years that four digits can express.
const (
	firstYear = 1
	lastYear  = 9999
)

// clockOf formats a time in microseconds for a literal, in UTC.
func clockOf(us int64) string {
	return time.UnixMicro(us).UTC().Format("2006-01-02 15:04:05.999999")
}

// yearOf returns the year of a time.
func yearOf(us int64) int { return time.UnixMicro(us).UTC().Year() }
