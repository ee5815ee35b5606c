package share_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/internal/share"
)

// TestSharesAreExact compares with arithmetic that has no limit.
func TestSharesAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, math.MaxInt64).Draw(t, "amount")
		part := rapid.Int64Range(0, math.MaxInt64).Draw(t, "part")
		whole := rapid.Int64Range(1, math.MaxInt64).Draw(t, "whole")
		product := new(big.Int).Mul(big.NewInt(amount), big.NewInt(part))
		down, rest := new(big.Int).QuoRem(product, big.NewInt(whole), new(big.Int))
		up := new(big.Int).Set(down)
		if rest.Sign() > 0 {
			up.Add(up, big.NewInt(1))
		}
		assert.Equal(t, capped(down), share.Down(amount, part, whole))
		assert.Equal(t, capped(up), share.Up(amount, part, whole))
		assert.Equal(t, -capped(down), share.Down(-amount, part, whole))
	})
}

func capped(n *big.Int) int64 {
	if !n.IsInt64() {
		return math.MaxInt64
	}
	return n.Int64()
}
