package jsdate

import (
	"strings"
	"time"
)

// JavaScript leaves it to engines what other texts mean. This is the rule of V8,
// which Node.js runs on: numbers before colons are times, other numbers days,
// months and years, words before the first number are passed over.

// looseDate is what was read so far.
type looseDate struct {
	scan    scanner
	day     []int
	month   int // by name, 0 for none
	time    []int
	noon    int // 0 for AM, 12 for PM, -1 for neither
	zone    zone
	numbers bool // one was read
}

type zone struct {
	known, minutesDue bool
	sign              int
	hours, minutes    int
}

func loose(text string) (time.Time, bool) {
	d := looseDate{scan: scanner{text: text}, noon: -1}
	for !d.scan.end() {
		if !d.token() {
			return time.Time{}, false
		}
	}
	return d.date()
}

func (d *looseDate) token() bool {
	c := d.scan.peek()
	switch {
	case isDigit(c):
		return d.number()
	case isLetter(c):
		return d.word(strings.ToLower(d.scan.take(isLetter)))
	case c == '(':
		d.scan.skipParentheses()
		return true
	}
	d.scan.at++
	switch {
	case (c == '+' || c == '-') && (d.zone.known && d.zone.offset() == 0 || len(d.time) > 0):
		return d.offset(sign(string(c)))
	case c == '+' || c == '-' || c == ')':
		return !d.numbers
	case c >= 0x80:
		return !d.numbers // no word that anybody knows
	}
	return true
}

func (d *looseDate) number() bool {
	d.numbers = true
	n := number(d.scan.take(isDigit), 0)
	switch {
	case d.scan.skip(':'):
		d.time = append(d.time, n)
		if d.scan.skip(':') {
			d.time = append(d.time, 0)
		}
		return len(d.time) <= 3
	case d.scan.peek() == '.' && d.timeExpects(n):
		d.scan.at++
		fraction := d.scan.take(isDigit)
		d.time = append(d.time, n)
		for len(d.time) < 3 {
			d.time = append(d.time, 0)
		}
		d.time = append(d.time, millis(fraction))
		return fraction != ""
	case d.zone.minutesDue && n < 60:
		d.zone.minutes, d.zone.minutesDue = n, false
		return true
	case d.timeExpects(n):
		d.time = append(d.time, n)
		for len(d.time) < 4 {
			d.time = append(d.time, 0)
		}
		c := d.scan.peek()
		return d.scan.end() || c == ' ' || c == 'Z' || c == 'z' || c == '+' || c == '-'
	}
	d.scan.skip('.')
	d.scan.skip('-')
	d.day = append(d.day, n)
	return len(d.day) <= 3
}

// timeExpects reports whether n can be the next part of a time that was begun.
func (d *looseDate) timeExpects(n int) bool {
	return (len(d.time) == 1 || len(d.time) == 2) && n < 60
}

func (d *looseDate) word(word string) bool {
	if month := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", word[:min(3, len(word))]); len(word) >= 3 && month >= 0 && month%3 == 0 {
		d.month = month/3 + 1
		d.scan.skip('-')
		return true
	}
	hours, named := zones()[word]
	switch {
	case (word == "am" || word == "pm") && len(d.time) > 0:
		d.noon = 12 * strings.Index("ap", word[:1])
	case named && d.numbers:
		d.zone = zone{known: true, sign: 1, hours: hours}
	default:
		return !d.numbers && !isDigit(d.scan.peek())
	}
	return true
}

// offset reads what follows the sign of an offset from UTC.
func (d *looseDate) offset(sign int) bool {
	d.numbers = true
	digits := d.scan.take(isDigit)
	n := number(digits, 0)
	d.zone = zone{known: true, sign: sign, hours: n}
	switch {
	case d.scan.peek() == ':':
		d.zone.minutesDue = true
	case len(digits) == 3 || len(digits) == 4:
		d.zone.hours, d.zone.minutes = n/100, n%100
	default:
		return len(digits) == 1 || len(digits) == 2
	}
	return true
}

func (z zone) offset() int { return z.sign * (60*z.hours + z.minutes) }

// zones are those with names, in hours east of UTC.
func zones() map[string]int {
	return map[string]int{
		"ut": 0, "utc": 0, "z": 0, "gmt": 0,
		"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
	}
}

// date puts the parts together.
func (d *looseDate) date() (time.Time, bool) {
	if len(d.day) == 0 {
		return time.Time{}, false
	}
	year, month, day := d.parts()
	switch {
	case year >= 0 && year < 50:
		year += 2000
	case year >= 50 && year < 100:
		year += 1900
	}
	var t [8]int
	copy(t[:], d.time)
	if d.noon >= 0 {
		if t[0] > 12 {
			return time.Time{}, false
		}
		t[0] = t[0]%12 + d.noon
	}
	return date(year, month, day, clock{hour: t[0], minute: t[1], second: t[2], milli: t[3], offset: d.zone.offset()})
}

// parts tells the year from the month and the day by its size.
func (d *looseDate) parts() (year, month, day int) {
	isDay := func(n int) bool { return n >= 1 && n <= 31 }
	c := [3]int{1, 1, 1}
	copy(c[:], d.day)
	switch {
	case d.month == 0 && !isDay(c[0]):
		return c[0], c[1], c[2]
	case d.month == 0:
		return c[2], c[0], c[1]
	case !isDay(c[0]):
		return c[0], d.month, c[1]
	default:
		return c[1], d.month, c[0]
	}
}
