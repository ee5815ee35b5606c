// Package jsdate reads times as JavaScript's Date does: new Date(text), on a
// server whose zone is UTC. An original application compared expired_at by it.
package jsdate

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxMillis is the farthest from 1970 that a Date reaches, either way.
const maxMillis = 8_640_000_000_000_000

// Parse reads text, with milliseconds. It is false for what JavaScript calls an
// invalid date.
func Parse(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if at, is, ok := iso(text); is {
		return within(at, ok)
	}
	return within(loose(text))
}

func within(at time.Time, ok bool) (time.Time, bool) {
	ms := at.UnixMilli()
	if !ok || ms > maxMillis || ms < -maxMillis {
		return time.Time{}, false
	}
	return at.UTC(), true
}

// isoForm is ECMAScript's own format, with the zones that engines take besides.
var isoForm = regexp.MustCompile(`^([+-]\d{6}|\d{4})(?:-(\d\d)(?:-(\d\d))?)?` +
	`(?:[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?)?$`)

// iso reads the format of toISOString and its shorter forms. is tells whether
// text has it, whatever its numbers.
func iso(text string) (at time.Time, is, ok bool) {
	m := isoForm.FindStringSubmatch(text)
	if m == nil || m[1] == "-000000" {
		return time.Time{}, m != nil, false
	}
	c := clock{hour: number(m[4], 0), minute: number(m[5], 0), second: number(m[6], 0), milli: millis(m[7])}
	if m[9] != "" {
		c.offset = sign(m[9]) * (60*number(m[10], 0) + number(m[11], 0))
	}
	at, ok = date(number(m[1], 0), number(m[2], 1), number(m[3], 1), c)
	return at, true, ok
}

// clock is a time of day, offset minutes east of UTC.
type clock struct{ hour, minute, second, milli, offset int }

// date checks the parts. A day is 1 to 31 in any month, as in JavaScript.
func date(year, month, day int, c clock) (time.Time, bool) {
	midnight := c.hour == 24 && c.minute == 0 && c.second == 0 && c.milli == 0
	if month < 1 || month > 12 || day < 1 || day > 31 || c.hour > 23 && !midnight || c.minute > 59 || c.second > 59 ||
		year > 300_000 || year < -300_000 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, c.hour, c.minute-c.offset, c.second, c.milli*int(time.Millisecond), time.UTC), true
}

// number reads digits, none as the given number. Too many are too large for any
// part of a date.
func number(digits string, none int) int {
	if digits == "" {
		return none
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 1 << 30
	}
	return n
}

// millis reads the first three digits of a fraction.
func millis(fraction string) int { return number((fraction + "000")[:3], 0) }

func sign(text string) int {
	if text == "-" {
		return -1
	}
	return 1
}
