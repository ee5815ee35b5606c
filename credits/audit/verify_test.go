package audit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestVerifyBusyHistoryIsClean(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		did := map[credits.Kind]int{}
		for seed := range uint64(3) {
			var users []string
			for n := range 4 {
				users = append(users, proofUser(int(seed)*10+n))
			}
			b := newBusy(env.DB, seed, users...)
			b.did = did
			for range 2 { // what is found in a history depends on its seed more than on its length
				b.run(t.Context(), t, 100)
				proven(t.Context(), t, env.DB, audit.VerifyParams{})
			}
		}
		for _, kind := range []credits.Kind{
			credits.KindGrant, credits.KindPaidGrant, credits.KindCharge, credits.KindRefund, credits.KindClawBack,
			credits.KindVoid, credits.KindHold, credits.KindCapture, credits.KindRelease, credits.KindExtend,
		} {
			require.NotZero(t, did[kind], "the histories have no %s", kind)
		}
	})
}
