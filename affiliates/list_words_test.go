package affiliates_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// Before its final adoption a database has the original's words, or none, and lists by
// status and sums know them.
func TestListsKnowTheOriginalsWords(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := uuid.NewString()
		for i, status := range []any{"pending", "created", "", nil, "approved", "confirmed", "withdrawn", "declined", "on_the_moon"} {
			_, err := env.DB.NewRaw("INSERT INTO affiliates (user_uuid, order_uuid, customer_email, order_amount, commission_rate,"+
				" commission_amount, status, created_at) VALUES (?, ?, '', 100, 10, ?, ?, ?)", user, uuid.NewString(), 1<<i, status,
				time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)).Exec(t.Context())
			require.NoError(t, err)
		}
		sum := func(status affiliates.Status) (all, own int64) {
			for cursor := ""; ; {
				page, err := affiliates.ListAll(t.Context(), env.DB, affiliates.ListAllParams{Status: status, Limit: 2, Cursor: cursor})
				require.NoError(t, err)
				for _, c := range page.Items {
					all += c.CommissionAmount
				}
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			page, err := affiliates.List(t.Context(), env.DB, affiliates.ListParams{UserUUID: user, Status: status})
			require.NoError(t, err)
			for _, c := range page.Items {
				own += c.CommissionAmount
			}
			return all, own
		}
		for status, want := range map[affiliates.Status]int64{
			affiliates.StatusPending: 0b1111, affiliates.StatusApproved: 0b110000, affiliates.StatusPaid: 0b1000000,
			affiliates.StatusRejected: 0b10000000, "": 0b111111111,
		} {
			all, own := sum(status)
			require.Equal(t, want, all, status)
			require.Equal(t, want, own, status)
		}
	})
}
