package credits_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestRedact(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user, other := uuid.NewString(), uuid.NewString()
		const secret = "Ada \\ 'Lovelace' 名前"
		var ops []credits.Op
		for i := range 250 { // more than one statement's worth
			for _, who := range []string{user, other} {
				ops = append(ops, credits.GrantParams{
					UserUUID: who, Amount: 1, Type: credits.TypeSystemAdd, Key: fmt.Sprint("g", i),
					Metadata: map[string]any{"who": secret, "n": i},
				})
			}
		}
		_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
		require.NoError(t, err)
		bare := credits.ChargeParams{UserUUID: user, Amount: 3, Key: "bare"}
		_, err = credits.Charge(ctx, env.DB, bare)
		require.NoError(t, err)

		done, err := credits.Redact(ctx, env.DB, credits.RedactParams{UserUUID: user})
		require.NoError(t, err)
		require.Equal(t, int64(250), done.Entries)
		var entries []credits.Entry
		require.NoError(t, env.DB.NewSelect().Model(&entries).Scan(ctx))
		require.Len(t, entries, 503)
		for _, e := range entries {
			switch {
			case e.UserUUID == other:
				require.Contains(t, e.Metadata, "Lovelace", "other accounts are left alone")
			case e.OpKind == credits.KindCharge || e.OpKey == "":
				require.Empty(t, e.Metadata)
			default:
				require.Regexp(t, `^redacted:sha256:[0-9a-f]{64}$`, e.Metadata)
			}
		}
		report, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.True(t, report.OK(), "%v", report.Breaches)

		// A call that is repeated is a replay still.
		again, err := credits.Grant(ctx, env.DB, ops[0].(credits.GrantParams))
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.True(t, strings.HasPrefix(again.Entries[0].Metadata, "redacted:"))

		// What comes later is erased by another call, in the caller's transaction.
		err = env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := credits.Grant(ctx, tx, credits.GrantParams{
				UserUUID: user, Amount: 1, Type: credits.TypeSystemAdd, Metadata: map[string]any{"who": secret},
			})
			require.NoError(t, err)
			late, err := credits.Redact(ctx, tx, credits.RedactParams{UserUUID: user})
			require.NoError(t, err)
			require.Equal(t, int64(1), late.Entries)
			_, err = credits.Redact(ctx, tx, credits.RedactParams{UserUUID: "x "})
			require.ErrorIs(t, err, credits.ErrInvalid)
			none, err := credits.Redact(ctx, tx, credits.RedactParams{UserUUID: uuid.NewString()})
			require.NoError(t, err)
			require.Zero(t, none.Entries)
			return nil
		})
		require.NoError(t, err)
		report, err = audit.Verify(ctx, env.DB, audit.VerifyParams{UserUUID: user})
		require.NoError(t, err)
		require.True(t, report.OK(), "%v", report.Breaches)
	})
}
