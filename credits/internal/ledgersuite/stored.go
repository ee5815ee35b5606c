package ledgersuite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/ledgertest/ledgermodel"
)

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	require.TestingT
	Helper()
	Logf(format string, args ...any)
}

// Stored is an account as its rows are.
type Stored struct {
	Row     *credits.Account // nil for none
	Entries []credits.Entry
	Lots    []credits.Lot
	Holds   []credits.HoldRecord
}

// ReadStored reads an account's rows.
func ReadStored(ctx context.Context, t tester, db bun.IDB, user string) *Stored {
	t.Helper()
	s := &Stored{}
	var rows []credits.Account
	require.NoError(t, db.NewRaw("SELECT * FROM credits WHERE user_uuid = ?", user).Scan(ctx, &rows))
	if len(rows) > 0 {
		require.Len(t, rows, 1)
		s.Row = &rows[0]
	}
	require.NoError(t, db.NewRaw("SELECT * FROM credits_trans_archive WHERE user_uuid = ? ORDER BY seq", user).Scan(ctx, &s.Entries))
	var live []credits.Entry
	require.NoError(t, db.NewRaw("SELECT * FROM credits_trans WHERE user_uuid = ? ORDER BY seq", user).Scan(ctx, &live))
	s.Entries = append(s.Entries, live...)
	require.NoError(t, db.NewRaw("SELECT * FROM credits_lots WHERE user_uuid = ? ORDER BY lot", user).Scan(ctx, &s.Lots))
	require.NoError(t, db.NewRaw("SELECT * FROM credits_holds WHERE user_uuid = ? ORDER BY hold_seq", user).Scan(ctx, &s.Holds))
	if s.Row == nil {
		return s
	}
	for i := range s.Lots {
		if l := &s.Lots[i]; l.Lot == s.Row.OpenLot {
			if s.Row.LowMark == 0 {
				require.Zero(t, l.Free, "what is free of the open lot stands on the account's row")
			}
			l.Free += s.Row.OpenLeft
		}
	}
	return s
}

// CheckInvariants checks an account's rows against one another, by the
// ledger's invariants and nothing else.
func CheckInvariants(ctx context.Context, t tester, db bun.IDB, user string) *Stored {
	t.Helper()
	s := ReadStored(ctx, t, db, user)
	if s.Row == nil {
		require.Empty(t, s.Entries, "entries of %s without an account", user)
		require.Empty(t, s.Lots, "lots of %s without an account", user)
		return s
	}
	var sum, remainders, spendable, earned int64
	left, expires, keys := map[int64]int64{}, map[int64]int64{}, map[string]bool{}
	var running, at int64
	for i, e := range s.Entries {
		require.EqualValues(t, i+1, e.Seq, "entries are numbered without a gap")
		require.Len(t, e.Hash, 64)
		if !strings.HasPrefix(e.OpKey, "chameleon:row:") { // others wrote these two
			checkCreated(ctx, t, db, e)
			require.Equal(t, expiryText(e.ExpiresUs), e.ExpiredAt, "expired_at of entry %d", e.Seq)
		}
		sum += e.Credits
		left[e.Lot] += e.Credits
		expires[e.Lot] = e.ExpiresUs
		if e.Seq == e.Lot && e.TransType != credits.TypeAdoption {
			earned += e.Credits
		}
		if e.OpKey != "" {
			require.False(t, keys[e.OpKey], "key %s has two operations", e.OpKey)
			keys[e.OpKey] = true
		}
		reset := e.OpKind == credits.KindClockReset
		if i > 0 && !reset {
			require.GreaterOrEqual(t, e.AtUs, s.Entries[i-1].AtUs, "time runs backwards")
		}
		if e.ExpiresUs > e.AtUs {
			running += e.Credits
		}
		if e.AtUs > at || reset {
			at, running = e.AtUs, 0
			for lot, amount := range left {
				if expires[lot] > at {
					running += amount
				}
			}
		}
		require.Equal(t, running, e.Balance, "running balance of entry %d", e.Seq)
	}
	for _, l := range s.Lots {
		require.GreaterOrEqual(t, l.Free, int64(0), "lot %d", l.Lot)
		require.GreaterOrEqual(t, l.Held, int64(0), "lot %d", l.Lot)
		require.LessOrEqual(t, l.Free+l.Held, l.Granted, "lot %d has more left than was granted", l.Lot)
		require.Equal(t, left[l.Lot], l.Free+l.Held, "lot %d against its entries", l.Lot)
		remainders += l.Free + l.Held
		if l.ExpiresUs > s.Row.AsOfUs {
			spendable += l.Free
			require.True(t, l.Live || l.Free+l.Held == 0, "lot %d is not live", l.Lot)
		} else {
			require.False(t, l.Live, "lot %d is expired and live", l.Lot)
		}
	}
	require.Equal(t, remainders-s.Row.DebtCredits, sum, "sum of entries")
	require.Equal(t, spendable, s.Row.LeftCredits, "left_credits")
	require.Equal(t, earned, s.Row.TotalCredits, "total_credits")
	require.GreaterOrEqual(t, s.Row.LeftCredits, int64(0))
	require.GreaterOrEqual(t, s.Row.DebtCredits, int64(0))
	require.EqualValues(t, len(s.Entries), s.Row.Seq)
	if n := len(s.Entries); n > 0 {
		require.Equal(t, s.Entries[n-1].Hash, s.Row.HeadHash)
	}
	checkConservation(t, s)
	return s
}

// CheckModel checks an account's rows against the model's account.
func CheckModel(ctx context.Context, t tester, db bun.IDB, want *ledgermodel.Account) {
	t.Helper()
	s := CheckInvariants(ctx, t, db, want.User)
	require.Equal(t, Show(want.Entries), Show(s.Entries), "history of %s", want.User)
	if s.Row == nil {
		return
	}
	require.Equal(t, showLots(modelLots(want)), showLots(s.Lots), "lots of %s", want.User)
	require.Equal(t, showHolds(modelHolds(want)), showHolds(s.Holds), "holds of %s", want.User)
	got := s.Row
	require.Equal(t, want.AsOf, got.AsOfUs, "as_of_us")
	require.Equal(t, want.BalanceAt(want.AsOf), got.Balance, "balance")
	require.Equal(t, want.HeldAt(want.AsOf), got.HeldCredits, "held_credits")
	require.Equal(t, want.Debt(), got.DebtCredits, "debt_credits")
	require.Equal(t, want.ExpiredAt(want.AsOf), got.ExpiredCredits, "expired_credits")
	require.Equal(t, want.AvailableAt(want.AsOf), got.LeftCredits, "left_credits")
	require.LessOrEqual(t, got.NextEventUs, want.NextEvent(), "next_event_us is late")
}

func modelLots(a *ledgermodel.Account) []credits.Lot {
	out := make([]credits.Lot, len(a.Grants))
	for i, g := range a.Grants {
		out[i] = credits.Lot{
			Lot: g.Lot, Granted: g.Given + g.Carried, Origin: g.Origin, Free: a.Free(g.Lot), Held: a.Held(g.Lot), Paid: g.Paid,
			ExpiresUs: g.Expires,
		}
		if c := g.Claws; c.Debt+c.Forgiven+c.Taken > 0 {
			out[i].Claws = fmt.Sprintf(`{"debt":%d,"forgiven":%d,"taken":%d}`, c.Debt, c.Forgiven, c.Taken)
		}
	}
	return out
}

func modelHolds(a *ledgermodel.Account) []credits.HoldRecord {
	out := make([]credits.HoldRecord, len(a.Holds))
	for i, h := range a.Holds {
		out[i] = credits.HoldRecord{
			HoldSeq: h.Seq, HoldKey: h.Key, Amount: h.Amount, Captured: h.Captured, Remaining: h.Remaining(),
			Status: h.Status, DueUs: h.Due, TransType: h.Type,
		}
		parts := []map[string]int64{}
		for _, p := range h.Parts {
			parts = append(parts, map[string]int64{"lot": p.Lot, "amount": p.Amount})
		}
		if len(parts) > 0 {
			text, err := json.Marshal(parts)
			if err != nil {
				panic(err)
			}
			out[i].Allocations = string(text)
		}
	}
	return out
}

// Show lists entries one a line, so that two histories differ readably.
func Show(entries []credits.Entry) []string {
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = fmt.Sprintf("#%d op#%d %s %s %s target#%d lot %d: %+d held %+d -> balance %d, available %d; at %s, expires %s; %s %s",
			e.Seq, e.OpSeq, cmp.Or(e.OpKey, "-"), cmp.Or(string(e.OpKind), "-"), e.TransType, e.TargetSeq, e.Lot,
			e.Credits, e.Held, e.Balance, e.Available, Clock(e.AtUs), Clock(e.ExpiresUs), e.OrderNo, e.GenID)
	}
	return out
}

func showLots(lots []credits.Lot) []string {
	out := make([]string, len(lots))
	for i, l := range lots {
		out[i] = fmt.Sprintf("lot %d of %d: granted %d, free %d, held %d, paid %v, expires %s, clawed back %s",
			l.Lot, l.Origin, l.Granted, l.Free, l.Held, l.Paid, Clock(l.ExpiresUs), showClaws(l.Claws))
	}
	return out
}

// showClaws tells what was met of claw-backs, empty for nothing.
func showClaws(text string) string {
	var c struct {
		Debt     int64 `json:"debt"`
		Forgiven int64 `json:"forgiven"`
		Taken    int64 `json:"taken"`
	}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			panic(err)
		}
	}
	if c.Debt+c.Forgiven+c.Taken == 0 {
		return ""
	}
	return fmt.Sprintf("debt %d, forgiven %d, taken %d", c.Debt, c.Forgiven, c.Taken)
}

func showHolds(holds []credits.HoldRecord) []string {
	out := make([]string, len(holds))
	for i, h := range holds {
		var parts []struct {
			Lot    int64 `json:"lot"`
			Amount int64 `json:"amount"`
		}
		if h.Allocations != "" {
			if err := json.Unmarshal([]byte(h.Allocations), &parts); err != nil {
				panic(err)
			}
		}
		out[i] = fmt.Sprintf("hold %d %s: %d, captured %d, remaining %d, %s, due %s, %s %v",
			h.HoldSeq, h.HoldKey, h.Amount, h.Captured, h.Remaining, h.Status, Clock(h.DueUs), h.TransType, parts)
	}
	return out
}

// expiryText is what expired_at holds: an ISO 8601 time, empty for never.
func expiryText(us int64) string {
	if us == math.MaxInt64 {
		return ""
	}
	return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.000000Z")
}

// Clock shows a time of these tests briefly.
func Clock(us int64) string {
	if us == math.MaxInt64 {
		return "never"
	}
	return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.999999")
}

// checkOutcome checks what a verb returned against the model's outcome.
func checkOutcome(t tester, want ledgermodel.Outcome, got *credits.Operation, err error) {
	t.Helper()
	if want.Err != nil {
		require.EqualError(t, err, want.Err.Error())
		require.IsType(t, want.Err, err) //nolint:testifylint // the type itself, not what it matches
		require.Nil(t, got)
		return
	}
	require.NoError(t, err)
	require.Equal(t, Show(want.Entries), Show(got.Entries))
	first, last := want.Entries[0], want.Entries[len(want.Entries)-1]
	assert.Equal(t, want.Replayed, got.Replayed, "replayed")
	assert.Equal(t, first.OpKey, got.Key)
	assert.Equal(t, first.OpKind, got.Kind)
	assert.Equal(t, first.TransType, got.Type)
	assert.Equal(t, last.Balance, got.Balance, "balance")
	assert.Equal(t, last.Available, got.Available, "available")
	assert.Equal(t, time.UnixMicro(first.AtUs).UTC(), got.At, "at")
	var paid int64
	for i, e := range got.Entries {
		if e.Lot == ledgermodel.DebtLot && e.TransType == credits.TypeDebtPayment {
			paid += e.Credits
		}
		if e.CreatedAt.Nanosecond() != 0 { // else it may be a replay's, read from a column of whole seconds
			require.True(t, e.CreatedAt.Equal(time.UnixMicro(e.AtUs)), "created_at of entry %d", i)
		}
	}
	assert.Equal(t, paid, got.DebtPaid, "debt paid")
}

// userNames lists a model's accounts in order.
func userNames(l *ledgermodel.Ledger) []string {
	var out []string
	for user := range l.Accounts {
		out = append(out, user)
	}
	slices.Sort(out)
	return out
}
