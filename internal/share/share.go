// Package share divides amounts in proportion. Products of two amounts pass 64
// bits, so it computes in 128.
package share

import (
	"math"
	"math/bits"
)

// Down is amount × part / whole, rounded towards zero; math.MaxInt64 where it
// would be more. The part must not be negative, and the whole must be positive.
func Down(amount, part, whole int64) int64 {
	if amount < 0 {
		return -Down(-amount, part, whole)
	}
	quotient, _ := divide(amount, part, whole)
	return quotient
}

// Up is amount × part / whole, rounded up; math.MaxInt64 where it would be more.
// None of them may be negative, and the whole must be positive.
func Up(amount, part, whole int64) int64 {
	quotient, rest := divide(amount, part, whole)
	if rest > 0 && quotient < math.MaxInt64 {
		quotient++
	}
	return quotient
}

func divide(amount, part, whole int64) (quotient int64, rest uint64) {
	high, low := bits.Mul64(uint64(amount), uint64(part)) //nolint:gosec // not negative
	if high >= uint64(whole) {                            //nolint:gosec // positive
		return math.MaxInt64, 0
	}
	q, rest := bits.Div64(high, low, uint64(whole)) //nolint:gosec // positive
	if q > math.MaxInt64 {
		return math.MaxInt64, 0
	}
	return int64(q), rest
}
