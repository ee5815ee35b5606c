package credits

import (
	"time"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// lastYear is the last year that a fixed-width ISO 8601 time can express.
const lastYear = 9999

func nowOr(at time.Time) int64 {
	if at.IsZero() {
		at = time.Now()
	}
	return at.UnixMicro()
}

// nowUs is this server's time.
func nowUs() int64 { return nowOr(time.Time{}) }

// expiryOf turns an optional expiry into a number.
func expiryOf(at time.Time) int64 {
	if at.IsZero() {
		return column.Never
	}
	return at.UnixMicro()
}

// expiryTime is the reverse of expiryOf: the zero time for never.
func expiryTime(us int64) time.Time {
	if us == column.Never {
		return time.Time{}
	}
	return column.Time(us)
}

func checkTime(field string, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	if us := at.UnixMicro(); us == 0 {
		// 0 in the columns means no time.
		return valid.Failf(field, "is not after the start of 1970")
	}
	if year := at.UTC().Year(); year < 1970 || year > lastYear {
		return valid.Failf(field, "year %d is outside 1970 to %d", year, lastYear)
	}
	return nil
}
