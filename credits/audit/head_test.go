package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestHeads(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		empty, err := audit.Head(ctx, env.DB, audit.HeadParams{UserUUID: proofUser(9)})
		require.NoError(t, err)
		require.Equal(t, &audit.ChainHead{UserUUID: proofUser(9)}, empty)
		for n := range 5 {
			_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: victimStory(proofUser(n)), AllOrNothing: true})
			require.NoError(t, err)
		}
		var heads []audit.ChainHead
		for next := ""; ; {
			page, err := audit.ExportHeads(ctx, env.DB, audit.ExportHeadsParams{Cursor: next, Limit: 2})
			require.NoError(t, err)
			heads = append(heads, page.Items...)
			if next = page.Next; next == "" {
				break
			}
			require.Len(t, page.Items, 2)
		}
		require.Len(t, heads, 5)
		for n, head := range heads {
			one, err := audit.Head(ctx, env.DB, audit.HeadParams{UserUUID: proofUser(n)})
			require.NoError(t, err)
			require.Equal(t, head, *one)
			require.EqualValues(t, 12, head.Seq)
			require.Len(t, head.Hash, 64)
			require.Equal(t, proofStart.Add(9*time.Hour), head.At)
		}
		proven(ctx, t, env.DB, audit.VerifyParams{Against: heads})

		_, err = env.DB.ExecContext(ctx, "UPDATE credits SET head_hash = '00' WHERE user_uuid = '"+proofUser(3)+"'")
		require.NoError(t, err)
		_, err = audit.ExportHeads(ctx, env.DB, audit.ExportHeadsParams{})
		require.ErrorIs(t, err, audit.ErrHistoryBroken, "a head that proves nothing is not exported")
	})
}

// TestExportedHeadFindsRewriting replaces histories by others that are whole
// in themselves. Only a head that was kept elsewhere tells.
func TestExportedHeadFindsRewriting(t *testing.T) {
	rewritings := []struct {
		name string
		ops  func(user string) []credits.Op
		want string
	}{
		{"the latest entry is cut off", func(user string) []credits.Op {
			return victimStory(user)[:10]
		}, "head[12] history"},
		{"a charge never was", func(user string) []credits.Op {
			ops := victimStory(user)
			ops = append(ops[:6:6], ops[7:]...)
			return append(ops, credits.GrantParams{
				UserUUID: user, Amount: 1, Type: "system_add", Key: "new", At: proofStart.Add(10 * time.Hour),
			})
		}, "head[12] the"},
		{"the account never was", func(string) []credits.Op { return nil }, "head[12] history"},
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		var heads []audit.ChainHead
		for n := range rewritings {
			_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: victimStory(proofUser(n)), AllOrNothing: true})
			require.NoError(t, err)
			head, err := audit.Head(ctx, env.DB, audit.HeadParams{UserUUID: proofUser(n)})
			require.NoError(t, err)
			heads = append(heads, *head)
		}
		var want []string
		for n, r := range rewritings {
			erase(t, env.DB, proofUser(n))
			if ops := r.ops(proofUser(n)); ops != nil {
				_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
				require.NoError(t, err, r.name)
			}
			want = append(want, proofUser(n)+" "+r.want)
		}
		proven(ctx, t, env.DB, audit.VerifyParams{})
		report, err := audit.Verify(ctx, env.DB, audit.VerifyParams{Against: heads})
		require.NoError(t, err)
		var got []string
		for _, b := range report.Breaches {
			got = append(got, b.UserUUID+" "+told(b))
		}
		require.ElementsMatch(t, want, got)
	})
}

func erase(t *testing.T, db *bun.DB, user string) {
	t.Helper()
	for _, table := range []string{"credits", "credits_trans", "credits_lots", "credits_holds"} {
		_, err := db.ExecContext(t.Context(), fmt.Sprintf("DELETE FROM %s WHERE user_uuid = '%s'", table, user))
		require.NoError(t, err)
	}
}

func TestVerifyRefusesHeadsThatSayNothing(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, p := range []audit.VerifyParams{
			{Against: []audit.ChainHead{{UserUUID: proofUser(1)}}},
			{UserUUID: proofUser(2), Against: []audit.ChainHead{{UserUUID: proofUser(1), Seq: 1, Hash: "00"}}},
			{Limit: -1},
			{Limit: audit.MaxBreachLimit + 1},
		} {
			_, err := audit.Verify(t.Context(), env.DB, p)
			require.ErrorIs(t, err, credits.ErrInvalid)
		}
		_, err := audit.ExportHeads(t.Context(), env.DB, audit.ExportHeadsParams{Limit: audit.MaxHeadLimit + 1})
		require.ErrorIs(t, err, credits.ErrInvalid)
		_, err = audit.Head(t.Context(), env.DB, audit.HeadParams{})
		require.ErrorIs(t, err, credits.ErrInvalid)
	})
}
