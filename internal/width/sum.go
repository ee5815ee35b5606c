package width

import (
	"fmt"
	"math"
	"strconv"

	"github.com/chameleon-go/chameleon/dialect"
)

// Sum is what a database added up. Servers add 64-bit numbers up as decimals of
// any length.
type Sum int64

// Scan implements sql.Scanner. A sum that 64 bits do not hold is
// dialect.ErrSumTooLarge.
func (s *Sum) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*s = 0
	case int64:
		*s = Sum(v)
	case []byte:
		return s.parse(string(v))
	case string:
		return s.parse(v)
	default:
		return fmt.Errorf("a sum is a %T", value)
	}
	return nil
}

func (s *Sum) parse(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %w", dialect.ErrSumTooLarge, err)
	}
	*s = Sum(n)
	return nil
}

// Addable returns dialect.ErrSumTooLarge if the magnitudes of the sums together
// pass 64 bits, so that some of them might when they are added up.
func Addable(sums ...Sum) error {
	var total uint64
	for _, s := range sums {
		magnitude := uint64(s) //nolint:gosec // negated below
		if s < 0 {
			magnitude = -magnitude
		}
		if total += magnitude; total > math.MaxInt64 {
			return dialect.ErrSumTooLarge
		}
	}
	return nil
}
