package days

import (
	"cmp"
	"time"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Span is a run of periods.
type Span struct {
	// Dates are the days on which the periods begin, the oldest first, each at
	// midnight UTC.
	Dates []time.Time
	// Edges are where the periods begin, and the end of the last: one more than
	// there are periods, in the zone. A day that the zone skipped begins where the
	// next one does.
	Edges []time.Time
}

// Asked is what the params of a statistic say of its time.
type Asked struct {
	// From and To bound the time. A zero To is the end of the day that At lies in; a
	// zero From is the beginning of the period that holds the first of Days days.
	From, To time.Time
	// Unit divides it; none is days.
	Unit calendar.Unit
	// Location is whose calendar counts, UTC where it is nil.
	Location *time.Location
	// Days is how many there are, where From is zero; 0 means calendar.DefaultDays.
	Days int
	// At is the present, which is not zero.
	At time.Time
}

// Span returns the periods. It returns a *dialect.InvalidError for a field.
func (a Asked) Span() (*Span, error) {
	var fromErr, toErr error
	a.From, fromErr = valid.Bound("From", a.From)
	a.To, toErr = valid.Bound("To", a.To)
	if err := valid.First(fromErr, toErr, a.check()); err != nil {
		return nil, err
	}
	loc := a.Location
	if loc == nil {
		loc = time.UTC
	}
	if a.Unit == calendar.None {
		a.Unit = calendar.Day
	}
	last := a.At.In(loc)
	if !a.To.IsZero() {
		last = a.To.In(loc).Add(-time.Microsecond)
	}
	y, m, d := last.Date()
	from, to := a.From.In(loc), a.To.In(loc)
	if a.To.IsZero() {
		to = Start(y, m, d+1, loc)
	}
	if a.From.IsZero() {
		begin := time.Date(y, m, d+1-cmp.Or(a.Days, calendar.DefaultDays), 0, 0, 0, 0, time.UTC)
		from = at(first(a.Unit, begin), loc)
	}
	if !from.Before(to) {
		return nil, valid.Failf("To", "not after From")
	}
	return Divide(a.Unit, from, to)
}

func (a Asked) check() error {
	switch {
	case !a.Unit.Valid():
		return valid.Failf("Period", "%q is not a period", a.Unit)
	case a.Days < 0 || a.Days > calendar.MaxDays:
		return valid.Failf("Days", "%d is outside 1 to %d", a.Days, calendar.MaxDays)
	case a.Days != 0 && !a.From.IsZero():
		return valid.Failf("Days", "set together with From")
	}
	return nil
}

// Divide returns the periods between two times, by the calendar of their zone, days
// that it skipped included. The first and the last are cut.
func Divide(unit calendar.Unit, from, to time.Time) (*Span, error) {
	y, m, d := from.Date()
	begin := first(unit, time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
	s := &Span{}
	for i := 0; ; i++ {
		date := after(unit, begin, i)
		start := at(date, from.Location())
		if i > 0 && !start.Before(to) {
			break
		}
		if start.Before(from) {
			start = from
		}
		s.Dates, s.Edges = append(s.Dates, date), append(s.Edges, start)
		if len(s.Dates) > calendar.MaxPeriods {
			return nil, valid.Failf("Period", "more than %d periods of a %s", calendar.MaxPeriods, unit)
		}
	}
	s.Edges = append(s.Edges, to)
	return s, nil
}

// first is the date on which the period begins that holds a date.
func first(unit calendar.Unit, date time.Time) time.Time {
	switch unit {
	case calendar.Month:
		return date.AddDate(0, 0, 1-date.Day())
	case calendar.Week:
		return date.AddDate(0, 0, -(int(date.Weekday())+6)%7)
	default:
		return date
	}
}

// after is the date on which the i-th period after the one of begin begins.
func after(unit calendar.Unit, begin time.Time, i int) time.Time {
	switch unit {
	case calendar.Month:
		return begin.AddDate(0, i, 0)
	case calendar.Week:
		return begin.AddDate(0, 0, 7*i)
	default:
		return begin.AddDate(0, 0, i)
	}
}

// Begin is where the period begins that holds a time, in its zone.
func Begin(unit calendar.Unit, t time.Time) time.Time {
	y, m, d := t.Date()
	return at(first(unit, time.Date(y, m, d, 0, 0, 0, 0, time.UTC)), t.Location())
}

// at is the first moment of a date.
func at(date time.Time, loc *time.Location) time.Time {
	y, m, d := date.Date()
	return Start(y, m, d, loc)
}
