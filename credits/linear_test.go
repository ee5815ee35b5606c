package credits_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/ledgertest/ledgermodel"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestOneAccountIsLinearizable lets clients work one account at once, and asks
// whether all that they saw can be told as one sequence, in which every
// operation takes effect at one moment between its call and its return. What
// they saw are whole entries, balances and errors.
func TestOneAccountIsLinearizable(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for range 2 {
			checkLinearizable(t, env.DB)
		}
	})
}

// linearClients and linearSteps bound a history, and with it the search for an
// order.
const (
	linearClients = 6
	linearSteps   = 25
	linearSearch  = time.Minute
)

// linearCall is a verb or, without one, a balance read at a moment.
type linearCall struct {
	op   credits.Op
	user string
	at   time.Time
}

// linearResult is all that a client sees of a call.
type linearResult struct {
	entries  []string
	replayed bool
	balance  credits.BalanceResult
	err      string
}

func checkLinearizable(t *testing.T, db *bun.DB) {
	t.Helper()
	user := uuid.NewString()
	history := recordHistory(t, db, user)
	result, info := porcupine.CheckOperationsVerbose(linearModel(user), history, linearSearch)
	if result == porcupine.Ok {
		checkInvariants(t.Context(), t, db, user)
		return
	}
	var lines []string
	for _, op := range history {
		lines = append(lines, fmt.Sprintf("client %d, %d to %d: %s", op.ClientId, op.Call, op.Return, describeLinear(op.Input, op.Output)))
	}
	require.Equal(t, porcupine.Ok, result, "no order explains this history (longest explained: %d of %d)\n%s",
		longest(info), len(history), strings.Join(lines, "\n"))
}

// longest is the length of the longest sequence that was explained.
func longest(info porcupine.LinearizationInfo) int {
	n := 0
	for _, partition := range info.PartialLinearizationsOperations() {
		for _, sequence := range partition {
			n = max(n, len(sequence))
		}
	}
	return n
}

// recordHistory runs the clients and returns what they did and saw.
func recordHistory(t *testing.T, db *bun.DB, user string) []porcupine.Operation {
	t.Helper()
	began := time.Now()
	var mu sync.Mutex
	var history []porcupine.Operation
	together(linearClients, func(client int) {
		for i := range linearSteps {
			in := drawLinear(user, client, i)
			called := time.Since(began).Nanoseconds()
			out := in.run(t.Context(), db)
			returned := time.Since(began).Nanoseconds()
			mu.Lock()
			history = append(history, porcupine.Operation{
				ClientId: client, Input: in, Call: called, Output: out, Return: returned,
			})
			mu.Unlock()
		}
	})
	for _, op := range history {
		assert.NotContains(t, op.Output.(linearResult).err, "conflict", "retries ran out")
	}
	return history
}

// drawLinear draws a call. Clients share a few keys, so that they meet in them.
func drawLinear(user string, client, step int) linearCall {
	at := hour(float64(rand.IntN(4)))
	own := fmt.Sprintf("%d.%d", client, step)
	if rand.IntN(4) == 0 {
		own = fmt.Sprint("shared ", rand.IntN(6))
	}
	other := fmt.Sprintf("%d.%d", rand.IntN(linearClients), rand.IntN(step+1))
	amount := rand.Int64N(20) + 1
	switch rand.IntN(10) {
	case 0, 1:
		return linearCall{op: credits.GrantParams{
			UserUUID: user, Amount: 2 * amount, Type: "gift", Key: own, At: at,
			ExpiresAt: at.Add(time.Duration(1+rand.IntN(4)) * time.Hour),
		}}
	case 2, 3, 4:
		return linearCall{op: credits.ChargeParams{UserUUID: user, Amount: amount, Key: own, At: at}}
	case 5:
		return linearCall{op: credits.RefundParams{UserUUID: user, ChargeKey: other, Key: own, At: at}}
	case 6:
		return linearCall{op: credits.HoldParams{UserUUID: user, Amount: amount, Key: own, At: at}}
	case 7:
		return linearCall{op: credits.CaptureParams{UserUUID: user, HoldKey: other, Key: own, At: at}}
	case 8:
		return linearCall{op: credits.ReleaseParams{UserUUID: user, HoldKey: other, Key: own, At: at}}
	default:
		return linearCall{user: user, at: at}
	}
}

func (c linearCall) run(ctx context.Context, db bun.IDB) linearResult {
	if c.op == nil {
		b, err := credits.BalanceAt(ctx, db, credits.BalanceParams{UserUUID: c.user, At: c.at})
		if err != nil {
			return linearResult{err: err.Error()}
		}
		return linearResult{balance: *b}
	}
	op, err := call(ctx, db, c.op)
	if err != nil {
		return linearResult{err: err.Error()}
	}
	return linearResult{entries: show(op.Entries), replayed: op.Replayed}
}

// linearModel is the plain model as porcupine wants it: a step on a state.
func linearModel(user string) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return &ledgermodel.Ledger{} },
		Step: func(state, input, output any) (bool, any) {
			ledger, in := state.(*ledgermodel.Ledger), input.(linearCall)
			if in.op == nil {
				want := *ledger.Account(user).At(in.at.UnixMicro())
				return reflect.DeepEqual(linearResult{balance: want}, output), ledger
			}
			next := ledger.Clone()
			got := next.Apply(in.op)
			want := linearResult{replayed: got.Replayed}
			if got.Err != nil {
				want.err = got.Err.Error()
			} else {
				want.entries = show(got.Entries)
			}
			if !reflect.DeepEqual(want, output) {
				return false, nil
			}
			return true, next
		},
		Equal: func(x, y any) bool {
			return slices.Equal(
				show(x.(*ledgermodel.Ledger).Account(user).Entries), show(y.(*ledgermodel.Ledger).Account(user).Entries))
		},
		DescribeOperation: describeLinear,
	}
}

func describeLinear(input, output any) string {
	in, out := input.(linearCall), output.(linearResult)
	if in.op == nil {
		return fmt.Sprintf("balance at %s: %+v %s", clock(in.at.UnixMicro()), out.balance, out.err)
	}
	return fmt.Sprintf("%T%+v: replayed %v %s %s", in.op, in.op, out.replayed, strings.Join(out.entries, "; "), out.err)
}
