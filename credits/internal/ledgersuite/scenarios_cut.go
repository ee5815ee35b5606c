package ledgersuite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// cutScenarios end the contexts of calls anywhere. Who does not know what became of a call
// repeats it.
var cutScenarios = []scenario{
	{"a call that is cut off and repeated is done once", func(t *Teller) {
		t.Grant("g", 1000)
		whole := t.took()
		for i := range 4 {
			name := func(what string) string { return fmt.Sprint(what, " ", i) }
			for j, op := range []credits.Op{
				t.ChargeOp(name("charge"), 5, Start),
				credits.RefundParams{UserUUID: t.User, ChargeKey: name("charge"), Amount: 2, Key: name("refund"), At: Start},
				t.HoldOp(name("hold"), 4, Start, time.Hour),
				t.CaptureOp(name("hold"), name("capture"), 3, Start),
				t.GrantOp(name("grant"), 1),
				credits.ClawBackParams{UserUUID: t.User, GrantKey: name("grant"), Total: 1, Key: name("claw-back"), At: Start},
			} {
				t.cut(op, whole*time.Duration(1+(i*5+j)%12)/6)
			}
		}
		assert.EqualValues(t, 1000-1-4*(5-2+3), t.Balance(Start).Available)
	}},
	{"callers who are cut off spend what there is, once", func(t *Teller) {
		t.Grant("g", 16)
		whole := t.took()
		const callers, calls = 5, 4
		done, errs := make([]int64, callers), make([]error, callers)
		Together(callers, func(caller int) {
			for i := range calls {
				op := t.ChargeOp(fmt.Sprint(caller, ".", i), 1, Start)
				ctx, stop := context.WithTimeout(t.Context(), whole*time.Duration(1+(i*5+caller)%8)/4)
				_, err := credits.Charge(ctx, t.DB, op)
				if ctx.Err() != nil && err != nil || errors.Is(err, dialect.ErrTimeout) { // a dial's deadline may come before the context's
					_, err = credits.Charge(t.Context(), t.DB, op)
				}
				stop()
				switch {
				case err == nil:
					done[caller]++
				case !errors.Is(err, credits.ErrInsufficient):
					errs[caller] = err
				}
			}
		})
		for _, err := range errs {
			require.NoError(t, err)
		}
		var sum int64
		for _, n := range done {
			sum += n
		}
		assert.Zero(t, t.Balance(Start).Available)
		assert.EqualValues(t, 15, sum, "charges that were told to be done, of 15 that can be paid")
		assert.Len(t, t.Stored().Entries, 2+15)
	}},
	{"a caller's transaction whose context ends leaves all or nothing", func(t *Teller) {
		t.Grant("g", 10)
		ctx, stop := context.WithCancel(t.Context())
		err := t.suite.inTx(ctx, t.DB, func(_ context.Context, tx bun.Tx) error {
			inner := *t
			inner.Handle = tx
			inner.Charge("c", 4, Start)
			stop()
			return nil
		})
		assert.Equal(t, err == nil, t.Charge("c", 4, Start).Replayed, "%v", err)
		assert.EqualValues(t, 6, t.Balance(Start).Available)
	}},
}

// took is how long a charge of one credit takes.
func (t *Teller) took() time.Duration {
	t.Charge("warm", 1, Start)
	began := time.Now()
	t.Charge("warm", 1, Start)
	return time.Since(began)
}

// cut performs op with a context that ends after the limit, and repeats it.
func (t *Teller) cut(op credits.Op, limit time.Duration) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), limit)
	first, err := Call(ctx, t.Handle, op)
	stop()
	done := t.Do(op)
	if err == nil {
		require.Equal(t, Show(first.Entries), Show(done.Entries))
		require.True(t, done.Replayed)
	}
	require.True(t, t.Do(op).Replayed)
}
