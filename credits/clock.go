package credits

import (
	"math"
	"time"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// The ledger computes with whole UTC microseconds since 1970. An expiry that
// never comes is the largest number, so that it sorts last on every engine.
const never = math.MaxInt64

// isoMicros has a fixed width, so that two of its strings compare as their
// times do, and JavaScript's Date parses it.
const isoMicros = "2006-01-02T15:04:05.000000Z"

// lastYear is the last one that an ISO 8601 time of fixed width can hold.
const lastYear = 9999

func nowOr(at time.Time) int64 {
	if at.IsZero() {
		at = time.Now()
	}
	return at.UnixMicro()
}

func timeOf(us int64) time.Time { return time.UnixMicro(us).UTC() }

// expiryOf turns an optional expiry into a number.
func expiryOf(at time.Time) int64 {
	if at.IsZero() {
		return never
	}
	return at.UnixMicro()
}

// expiryTime is the way back: the zero time for never.
func expiryTime(us int64) time.Time {
	if us == never {
		return time.Time{}
	}
	return timeOf(us)
}

// expiryText is what expired_at holds.
func expiryText(us int64) string {
	if us == never {
		return ""
	}
	return timeOf(us).Format(isoMicros)
}

func checkTime(field string, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	if us := at.UnixMicro(); us == 0 {
		// The columns' 0 says that there is no time.
		return valid.Failf(field, "is the start of 1970, which times begin after")
	}
	if year := at.UTC().Year(); year < 1970 || year > lastYear {
		return valid.Failf(field, "year %d is outside 1970 to %d", year, lastYear)
	}
	return nil
}
