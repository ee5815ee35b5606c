package credits_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestStatementPagesAreTheWholeList(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		newHistory(t, env, otherUUID, 7).write(20)
		h := newHistory(t, env, readerUUID, 42)
		h.write(150)
		entries := rawHistory(t, env, readerUUID)
		require.NotEmpty(t, slices.DeleteFunc(slices.Clone(entries), func(e rawEntry) bool { return e.Kind != "timeout" }))

		// Edges of periods at, just before and just after what happened.
		var times []time.Time
		for _, e := range entries {
			if !e.Undated {
				times = append(times, e.At, e.At.Add(time.Microsecond), e.At.Add(-time.Microsecond), e.At.Add(time.Nanosecond))
			}
		}
		some := func(rt *rapid.T, name string) time.Time {
			if rapid.Bool().Draw(rt, "has "+name) {
				return times[rapid.IntRange(0, len(times)-1).Draw(rt, name)]
			}
			return time.Time{}
		}
		rapid.Check(t, func(rt *rapid.T) {
			p := credits.StatementParams{
				UserUUID:    readerUUID,
				OldestFirst: rapid.Bool().Draw(rt, "oldest first"), WithoutHolds: rapid.Bool().Draw(rt, "without holds"),
				Types: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
					"ping", "Bonus", "bonus", "ai_generation", "refund", "hold", "release", "claw_back", "carry_over", "nothing",
				}), 0, 4, rapid.ID[string]).Draw(rt, "types"),
				From: some(rt, "from"), To: some(rt, "to"),
				Limit: rapid.SampledFrom([]int{7, 1, 2, 3, 50, 500}).Draw(rt, "limit"),
			}
			if !p.From.IsZero() && !p.To.IsZero() && !p.From.Before(p.To) {
				p.From, p.To = p.To, p.From.Add(1)
			}
			// The ledger knows whole microseconds: From's fraction is cut.
			model := p
			model.From = p.From.Truncate(time.Microsecond)
			want := wholeStatement(entries, model)
			if p.Limit < 7 && len(want) > 60 {
				p.Limit = 7
			}
			got := pageThrough(rt, env.DB, p)
			require.Len(rt, got, len(want))
			for i := range want {
				require.Equal(rt, want[i], got[i], "line %d", i)
			}
		})
	})
}

func TestStatementRunningBalance(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		newHistory(t, env, readerUUID, 3).write(80)
		lines := pageThrough(t, env.DB, credits.StatementParams{UserUUID: readerUUID, OldestFirst: true, Limit: 30})
		seen := 0
		for i, line := range lines {
			if line.Legacy {
				require.Zero(t, line.Balance)
				continue
			}
			if i+1 < len(lines) && !lines[i+1].At.After(line.At) {
				continue // not the last at its time
			}
			at, err := credits.BalanceAt(t.Context(), env.DB, credits.BalanceParams{UserUUID: readerUUID, At: line.At})
			require.NoError(t, err)
			require.Equal(t, at.Available+at.Held-at.Debt, line.Balance, "line %d", i)
			require.Equal(t, at.Available, line.Available, "line %d", i)
			seen++
		}
		require.Greater(t, seen, 40)
	})
}

func TestStatementIsStableWhileLinesAreAdded(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, oldestFirst := range []bool{false, true} {
			user := map[bool]string{false: readerUUID, true: otherUUID}[oldestFirst]
			h := newHistory(t, env, user, 11)
			h.write(30)
			p := credits.StatementParams{UserUUID: user, OldestFirst: oldestFirst, Limit: 4}
			before := wholeStatement(rawHistory(t, env, user), p)
			var got []credits.StatementLine
			for {
				page, err := credits.Statement(t.Context(), env.DB, p)
				require.NoError(t, err)
				got = append(got, page.Items...)
				if page.Next == "" {
					break
				}
				p.Cursor = page.Next
				if len(got) < len(before) {
					h.at = h.at.Add(time.Hour)
					h.grant(time.Time{})
					h.legacy()
				}
			}
			if !oldestFirst {
				require.Equal(t, before, got, "what comes after the first page was read is newer than all of it")
				continue
			}
			// Newest lines come at the end, but before those without a time.
			p.Cursor = ""
			after := wholeStatement(rawHistory(t, env, user), p)
			require.Equal(t, after, got)
			require.Greater(t, len(after), len(before))
		}
	})
}

func TestStatementOfAnUnknownAccount(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		page, err := credits.Statement(t.Context(), env.DB, credits.StatementParams{UserUUID: readerUUID})
		require.NoError(t, err)
		require.Empty(t, page.Items)
		require.Empty(t, page.Next)
	})
}

func TestStatementOfAChargeOverManyGrants(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		const grants = 1100
		ops := make([]credits.Op, 0, grants)
		for i := range grants {
			ops = append(ops, credits.GrantParams{
				UserUUID: readerUUID, Amount: 1, Type: "bonus", At: historyStart,
				ExpiresAt: historyStart.AddDate(0, 1, i),
			})
		}
		ops = append(ops, credits.ChargeParams{UserUUID: readerUUID, Amount: grants, Key: "all", At: historyStart})
		for len(ops) > 0 {
			n := min(len(ops), credits.MaxBatch)
			_, err := credits.Post(t.Context(), env.DB, credits.PostParams{Ops: ops[:n], AllOrNothing: true})
			require.NoError(t, err)
			ops = ops[n:]
		}
		page, err := credits.Statement(t.Context(), env.DB, credits.StatementParams{UserUUID: readerUUID, Limit: 1})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		line := page.Items[0]
		require.EqualValues(t, -grants, line.Amount)
		require.Len(t, line.Allocations, grants, "an operation is never split")
		require.Zero(t, line.Balance)
		require.True(t, slices.IsSortedFunc(line.Allocations, func(x, y credits.Allocation) int {
			return x.ExpiresAt.Compare(y.ExpiresAt)
		}), "soonest expiry first")

		op, err := credits.GetOperation(t.Context(), env.DB, credits.GetOperationParams{UserUUID: readerUUID, Key: "all"})
		require.NoError(t, err)
		require.Len(t, op.Entries, grants)
		require.EqualValues(t, grants, op.Amount)
	})
}

func TestStatementRefuses(t *testing.T) {
	db := enginetest.New(t, "sqlite").DB
	newHistory(t, &enginetest.Env{DB: db, Engine: "sqlite"}, readerUUID, 1).write(10)
	ok := credits.StatementParams{UserUUID: readerUUID, Limit: 2}
	page, err := credits.Statement(t.Context(), db, ok)
	require.NoError(t, err)
	require.NotEmpty(t, page.Next)

	with := func(change func(p *credits.StatementParams)) credits.StatementParams {
		p := ok
		change(&p)
		return p
	}
	next := func(change func(p *credits.StatementParams)) credits.StatementParams {
		p := with(change)
		p.Cursor = page.Next
		return p
	}
	late := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		p     credits.StatementParams
		field string
	}{
		"no user":         {with(func(p *credits.StatementParams) { p.UserUUID = "" }), "UserUUID"},
		"limit":           {with(func(p *credits.StatementParams) { p.Limit = 501 }), "Limit"},
		"negative limit":  {with(func(p *credits.StatementParams) { p.Limit = -1 }), "Limit"},
		"type":            {with(func(p *credits.StatementParams) { p.Types = []string{"a\x00"} }), "Types"},
		"types":           {with(func(p *credits.StatementParams) { p.Types = make([]string, 101) }), "Types"},
		"from":            {with(func(p *credits.StatementParams) { p.From = late }), "From"},
		"period":          {with(func(p *credits.StatementParams) { p.From, p.To = historyStart, historyStart }), "To"},
		"garbage":         {with(func(p *credits.StatementParams) { p.Cursor = "💥" }), "Cursor"},
		"cut":             {with(func(p *credits.StatementParams) { p.Cursor = page.Next[:8] }), "Cursor"},
		"other direction": {next(func(p *credits.StatementParams) { p.OldestFirst = true }), "Cursor"},
		"other user":      {next(func(p *credits.StatementParams) { p.UserUUID = otherUUID }), "Cursor"},
		"other types":     {next(func(p *credits.StatementParams) { p.Types = []string{"ping"} }), "Cursor"},
		"other period":    {next(func(p *credits.StatementParams) { p.To = historyStart }), "Cursor"},
		"other holds":     {next(func(p *credits.StatementParams) { p.WithoutHolds = true }), "Cursor"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := credits.Statement(t.Context(), db, c.p)
			var invalid *credits.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, c.field, invalid.Field)
		})
	}
	_, err = credits.Statement(t.Context(), db, next(func(p *credits.StatementParams) { p.Limit = 5 }))
	require.NoError(t, err, "the limit may change from page to page")
	_, err = credits.Statement(t.Context(), db, credits.StatementParams{
		UserUUID: readerUUID, To: time.UnixMicro(math.MaxInt32).UTC(),
	})
	require.NoError(t, err)
}
