package credits_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestGetOperationIsWhatItsVerbReturned(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		h := newHistory(t, env, readerUUID, 5)
		h.write(60)
		severalEntries := 0
		for _, want := range h.ops {
			got, err := credits.GetOperation(t.Context(), env.DB, credits.GetOperationParams{UserUUID: readerUUID, Key: want.Key})
			require.NoError(t, err)
			require.Equal(t, want, got)
			if len(want.Entries) > 1 {
				severalEntries++
			}
		}
		require.Positive(t, severalEntries)

		_, err := credits.GetOperation(t.Context(), env.DB, credits.GetOperationParams{UserUUID: readerUUID, Key: "no such key"})
		var missing *credits.NotFoundError
		require.ErrorAs(t, err, &missing)
		require.Equal(t, "operation", missing.What)
		_, err = credits.GetOperation(t.Context(), env.DB, credits.GetOperationParams{UserUUID: otherUUID, Key: h.ops[0].Key})
		require.ErrorIs(t, err, credits.ErrNotFound, "keys are the account's own")
		_, err = credits.GetOperation(t.Context(), env.DB, credits.GetOperationParams{UserUUID: readerUUID})
		require.ErrorIs(t, err, credits.ErrInvalid)
	})
}

func TestHoldsAreExactUnswept(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, db, t0 := t.Context(), env.DB, historyStart
		grant := func(amount int64, expires time.Time) {
			_, err := credits.Grant(ctx, db, credits.GrantParams{UserUUID: readerUUID, Amount: amount, Type: "bonus", ExpiresAt: expires, At: t0})
			require.NoError(t, err)
		}
		hold := func(key string, amount int64, timeout time.Duration) {
			_, err := credits.Hold(ctx, db, credits.HoldParams{UserUUID: readerUUID, Amount: amount, Key: key, Type: "video", Timeout: timeout, At: t0})
			require.NoError(t, err)
		}
		soon := t0.Add(2 * time.Hour)
		grant(10, soon)
		grant(100, time.Time{})
		hold("a", 25, 3*time.Hour)
		hold("b", 5, time.Hour)
		hold("c", 7, 5*time.Hour)
		_, err := credits.Capture(ctx, db, credits.CaptureParams{UserUUID: readerUUID, HoldKey: "a", Amount: 4, KeepHold: true, At: t0})
		require.NoError(t, err)

		get := func(key string, at time.Time) *credits.HoldInfo {
			h, err := credits.GetHold(ctx, db, credits.GetHoldParams{UserUUID: readerUUID, HoldKey: key, At: at})
			require.NoError(t, err)
			return h
		}
		want := &credits.HoldInfo{
			UserUUID: readerUUID, Key: "a", Type: "video", Status: credits.HoldActive,
			Amount: 25, Captured: 4, Remaining: 21, Usable: 21, CreatedAt: t0, DueAt: t0.Add(3 * time.Hour),
			Allocations: []credits.HeldPart{{Lot: 1, Amount: 6, ExpiresAt: soon}, {Lot: 2, Amount: 15}},
		}
		require.Equal(t, want, get("a", t0))
		require.EqualValues(t, 15, get("a", soon).Usable, "the first grant expires exactly then")
		require.EqualValues(t, 21, get("a", soon.Add(-time.Microsecond)).Usable)
		ended := get("a", t0.Add(3*time.Hour))
		require.Equal(t, credits.HoldTimedOut, ended.Status)
		require.Zero(t, ended.Remaining)
		require.Empty(t, ended.Allocations)

		list := func(at time.Time, limit int) (keys []string) {
			p := credits.ListHoldsParams{UserUUID: readerUUID, At: at, Limit: limit}
			for {
				page, err := credits.ListHolds(ctx, db, p)
				require.NoError(t, err)
				for _, h := range page.Items {
					require.Equal(t, credits.HoldActive, h.Status)
					keys = append(keys, h.Key)
				}
				if p.Cursor = page.Next; p.Cursor == "" {
					return keys
				}
			}
		}
		for _, limit := range []int{0, 1, 2, 3} {
			require.Equal(t, []string{"b", "a", "c"}, list(t0, limit))
			require.Equal(t, []string{"a", "c"}, list(t0.Add(time.Hour), limit), "b has timed out, unswept")
		}
		_, err = credits.Release(ctx, db, credits.ReleaseParams{UserUUID: readerUUID, HoldKey: "c", At: t0})
		require.NoError(t, err)
		require.Equal(t, credits.HoldReleased, get("c", t0).Status)
		require.Equal(t, []string{"b", "a"}, list(t0, 1))

		_, err = credits.GetHold(ctx, db, credits.GetHoldParams{UserUUID: readerUUID, HoldKey: "none"})
		require.ErrorIs(t, err, credits.ErrNotFound)
		for _, p := range []credits.ListHoldsParams{
			{UserUUID: "x "}, {UserUUID: readerUUID, Limit: 501}, {UserUUID: readerUUID, Cursor: "x"},
		} {
			_, err = credits.ListHolds(ctx, db, p)
			require.ErrorIs(t, err, credits.ErrInvalid)
		}
	})
}
