package ledgersuite

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/list"
)

// checkBooks checks what reads of history say against the model's entries,
// once for each history.
func (m *machine) checkBooks(t tester) {
	from, to := Start.Add(-48*time.Hour), m.now.Add(48*time.Hour)
	for _, user := range append([]string{""}, m.users...) {
		if user == "" || len(m.model.Account(user).Entries) > 0 {
			got, err := credits.Stats(context.Background(), m.db, credits.StatsParams{
				UserUUID: user, From: from, To: to, Period: credits.PeriodMonth, At: to,
			})
			require.NoError(t, err)
			CheckIdentity(t, got)
			if user != "" {
				m.checkUser(t, user, got)
			}
		}
	}
}

func (m *machine) checkUser(t tester, user string, got *credits.StatsResult) {
	entries := rawEntries(m.model.Account(user).Entries)
	for _, b := range append([]credits.StatsBucket{got.StatsBucket}, got.Series...) {
		sums, byType, users := WantSums(entries, b.From, b.To)
		require.Equal(t, sums, b.StatsSums, "%s from %v", m.name(user), b.From)
		require.Equal(t, byType, b.ByType)
		require.Equal(t, users, b.ActiveUsers)
	}
	for _, p := range []credits.StatementParams{
		{UserUUID: user, Limit: list.MaxLimit},
		{UserUUID: user, Limit: 4, OldestFirst: true},
	} {
		lines := WholeStatement(entries, p)
		CheckLines(t, lines, PageThrough(t, m.db, p))
	}
}

// rawEntries are the model's entries as reads of the database give them.
func rawEntries(entries []credits.Entry) []RawEntry {
	kinds := map[int64]credits.Kind{}
	out := make([]RawEntry, len(entries))
	for i, e := range entries {
		if e.OpKind != "" {
			kinds[e.OpSeq] = e.OpKind
		}
		e.ExpiredAt = expiryText(e.ExpiresUs)
		out[i] = RawEntry{Entry: e, Kind: kinds[e.OpSeq], At: time.UnixMicro(e.AtUs).UTC()}
	}
	return out
}

// long posts operations of many entries next to one another: as many grants as
// entries, a charge over them, its refund, and a hold that is released.
func (m *machine) long(t *rapid.T) {
	user, at := rapid.SampledFrom(m.users).Draw(t, "user"), m.at(t)
	n := rapid.IntRange(9, 20).Draw(t, "entries")
	ops := make([]credits.Op, 0, n+4)
	for range n {
		ops = append(ops, credits.GrantParams{
			UserUUID: user, Amount: 1, Type: "bonus", Key: m.key(), At: at, ExpiresAt: at.Add(2 * time.Hour),
		})
	}
	charge, hold := m.key(), m.key()
	ops = append(ops,
		credits.ChargeParams{UserUUID: user, Amount: int64(n), Key: charge, At: at},
		credits.RefundParams{UserUUID: user, ChargeKey: charge, Key: m.key(), At: at},
		credits.HoldParams{UserUUID: user, Amount: int64(n), Key: hold, At: at},
		credits.ReleaseParams{UserUUID: user, HoldKey: hold, Key: m.key(), At: at},
	)
	m.sent = append(m.sent, ops...)
	m.post(t, ops, false)
}
