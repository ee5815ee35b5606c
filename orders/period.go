package orders

import "time"

// addMonths adds months by the calendar and clamps the day: 31 January and one
// month is the last day of February. The day of t itself is kept for other
// lengths, so periods are counted from the first one, never from the last:
// 31 January, 28 February, 31 March.
func addMonths(t time.Time, months int) time.Time {
	t = t.UTC()
	day := t.Day()
	first := time.Date(t.Year(), t.Month(), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	first = first.AddDate(0, months, 0)
	if last := first.AddDate(0, 1, -1).Day(); day > last {
		day = last
	}
	return first.AddDate(0, 0, day-1)
}

// months returns the length of an interval in months, 0 if it is not counted in months.
func (i Interval) months() int {
	switch i {
	case IntervalMonth:
		return 1
	case IntervalQuarter:
		return 3
	case IntervalHalfYear:
		return 6
	case IntervalYear:
		return 12
	case IntervalWeek, IntervalOneTime:
	}
	return 0
}

// week is the length of IntervalWeek.
const week = 7 * 24 * time.Hour

// recurs reports whether the interval is that of a subscription.
func (i Interval) recurs() bool { return i == IntervalWeek || i.months() > 0 }

// end returns when the period ends that starts at start, in a subscription whose
// first period started at anchor.
func (i Interval) end(anchor, start time.Time) time.Time {
	if i == IntervalWeek {
		return start.UTC().Add(week)
	}
	return periodEnd(anchor, start, i.months())
}

// before returns when a period began that ends then.
func (i Interval) before(end time.Time) time.Time {
	if i == IntervalWeek {
		return end.UTC().Add(-week)
	}
	return addMonths(end, -i.months())
}

// periodEnd returns when the period ends that starts at start, in a
// subscription whose first period started at anchor: the first anniversary of
// anchor after start, by intervals of so many months.
func periodEnd(anchor, start time.Time, months int) time.Time {
	anchor, start = anchor.UTC(), start.UTC()
	apart := 12*(start.Year()-anchor.Year()) + int(start.Month()) - int(anchor.Month())
	n := max(apart/months, 0)
	for !addMonths(anchor, n*months).After(start) {
		n++
	}
	return addMonths(anchor, n*months)
}

// lifetime is how long the credits of a one-time purchase last, in months.
const lifetime = 12
