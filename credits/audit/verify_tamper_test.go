package audit_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// victimStory is a history of 12 entries. It leaves 75 of lot 1 free and open on the
// account's row, and 27 of lot 2 held by hold 5.
func victimStory(user string) []credits.Op {
	at := func(hours int) time.Time { return proofStart.Add(time.Duration(hours) * time.Hour) }
	return []credits.Op{
		credits.GrantParams{
			UserUUID: user, Amount: 100, Type: "system_add", Key: "g1", At: at(0), Metadata: map[string]any{"why": "ä"},
		}, // entry 1
		credits.GrantParams{UserUUID: user, Amount: 50, Type: "order_pay", Key: "g2", At: at(1), ExpiresAt: at(240)},
		credits.ChargeParams{UserUUID: user, Amount: 30, Key: "c1", At: at(2)},
		credits.RefundParams{UserUUID: user, ChargeKey: "c1", Amount: 7, Key: "r1", At: at(3)},
		credits.HoldParams{UserUUID: user, Amount: 27, Key: "h1", Timeout: 100 * time.Hour, At: at(4)},
		credits.ChargeParams{UserUUID: user, Amount: 10, Key: "c2", At: at(5), OrderNo: "o"}, // entry 6
		credits.ChargeParams{UserUUID: user, Amount: 5, Key: "c3", At: at(6)},
		credits.HoldParams{UserUUID: user, Amount: 10, Key: "h2", At: at(7)},
		credits.CaptureParams{UserUUID: user, HoldKey: "h2", Amount: 4, Key: "p1", At: at(7)}, // entries 9 and 10
		credits.ClawBackParams{UserUUID: user, GrantKey: "g1", Total: 5, Key: "b1", Source: "dispute", At: at(8)},
		credits.ChargeParams{UserUUID: user, Amount: 1, Key: "c4", At: at(9), GenID: "g"}, // entry 12
	}
}

// tampering is one way to change what the ledger wrote.
type tampering struct {
	name string
	do   func(ctx context.Context, db bun.IDB, user string) error
	// want are the breaches, as told gives them.
	want []string
	// refused means that Rebuild must not go by this history unless forced.
	refused bool
}

// told is what identifies a breach: kind, entries, and the column if it is
// about one.
func told(b audit.Breach) string {
	word, _, _ := strings.Cut(b.Detail, " ")
	if b.Kind == audit.BreachChain && len(b.Seqs) > 0 || b.Kind == audit.BreachOperation ||
		b.Kind == audit.BreachOrphan || b.Kind == audit.BreachRemainder || b.Kind == audit.BreachKey {
		return fmt.Sprint(b.Kind, b.Seqs)
	}
	if b.Kind == audit.BreachSequence && len(b.Seqs) > 0 {
		return fmt.Sprint(b.Kind, b.Seqs)
	}
	return fmt.Sprint(b.Kind, b.Seqs, " ", word)
}

// set returns a tampering of one row's column; expr is SQL.
func set(table, row, column, expr string) func(context.Context, bun.IDB, string) error {
	return func(ctx context.Context, db bun.IDB, user string) error {
		q := db.NewUpdate().TableExpr(table).Set(column+" = "+expr).Where("user_uuid = ?", user)
		if row != "" {
			q = q.Where(row)
		}
		res, err := q.Exec(ctx)
		return one(res, err)
	}
}

func remove(table, row string) func(context.Context, bun.IDB, string) error {
	return func(ctx context.Context, db bun.IDB, user string) error {
		res, err := db.NewDelete().TableExpr(table).Where("user_uuid = ?", user).Where(row).Exec(ctx)
		return one(res, err)
	}
}

// one asserts that a statement met its row: a tampering that changes nothing
// would prove nothing.
func one(res interface{ RowsAffected() (int64, error) }, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("%d rows changed: %w", n, err)
	}
	return nil
}

func inOrder(steps ...func(context.Context, bun.IDB, string) error) func(context.Context, bun.IDB, string) error {
	return func(ctx context.Context, db bun.IDB, user string) error {
		for _, step := range steps {
			if err := step(ctx, db, user); err != nil {
				return err
			}
		}
		return nil
	}
}

// insertCopy inserts a changed copy of entry 6.
func insertCopy(change func(*credits.Entry)) func(context.Context, bun.IDB, string) error {
	return func(ctx context.Context, db bun.IDB, user string) error {
		var e credits.Entry
		if err := db.NewSelect().Model(&e).Where("user_uuid = ? AND seq = 6", user).Scan(ctx); err != nil {
			return err
		}
		e.ID = 0
		change(&e)
		_, err := db.NewInsert().Model(&e).Exec(ctx)
		return err
	}
}

func entry(column, expr string, seq int) func(context.Context, bun.IDB, string) error {
	return set("credits_trans", fmt.Sprint("seq = ", seq), column, expr)
}

var dayLater = fmt.Sprintf("'%s'", proofStart.AddDate(0, 0, 1).Format(time.DateTime))

// historyTamperings change credits_trans.
func historyTamperings() []tampering {
	fewer := []string{"account[] balance", "account[] open_left", "account[] left_credits"}
	with := func(more ...string) []string { return append(more, fewer...) }
	return []tampering{
		{"credits", entry("credits", "-1", 6), with("chain[6]", "balance[6] balance", "balance[6] available"), true},
		{"metadata", entry("metadata", "'{}'", 1), []string{"chain[1]"}, true},
		{"metadata removed", entry("metadata", "NULL", 1), []string{"chain[1]"}, true},
		{"salt", entry("metadata_salt", "'x'", 1), []string{"chain[1]"}, true},
		{"salt removed", entry("metadata_salt", "NULL", 1), []string{"chain[1]"}, true},
		{"type", entry("trans_type", "'gift'", 6), []string{"chain[6]"}, true},
		{"key", entry("op_key", "'c9'", 6), []string{"chain[6]"}, true},
		{"payload hash", entry("op_hash", "'00'", 6), []string{"chain[6]"}, true},
		{"order", entry("order_no", "'p'", 6), []string{"chain[6]"}, true},
		{"generation", entry("gen_id", "NULL", 12), []string{"chain[12]"}, true},
		{"target", entry("target_seq", "2", 4), []string{"chain[4]"}, true},
		{"kind", entry("op_kind", "'refund'", 6), []string{"chain[6]", "operation[6]"}, true},
		{"hash", entry("hash", "'00'", 6), []string{"chain[6]", "chain[7]"}, true},
		{"running balance", entry("balance", "balance + 1", 6), []string{"chain[6]", "balance[6] balance"}, true},
		{"running available", entry("available", "0", 6), []string{"chain[6]", "balance[6] available"}, true},
		{"time", entry("at_us", "at_us + 1", 6), []string{"chain[6]"}, true},
		{
			"time backwards", entry("at_us", "at_us - 7200000000", 7),
			[]string{"chain[7]", "time[7] at_us", "time[7] created_at"},
			true,
		},
		{"created_at", entry("created_at", dayLater, 6), []string{"time[6] created_at"}, true},
		{"no created_at", entry("created_at", "NULL", 6), []string{"time[6] created_at"}, true},
		{"expired_at", entry("expired_at", "'2036-01-01T00:00:00.000000Z'", 3), []string{"expiry[3] expired_at"}, true},
		{
			"expires_us", entry("expires_us", "expires_us + 1", 3),
			[]string{"chain[3]", "expiry[3] expired_at", "expiry[3] expires_us"},
			true,
		},
		{
			"another grant", entry("lot", "2", 6),
			[]string{"chain[6]", "expiry[6] expires_us", "remainder[6]", "account[] open_left", "lot[2] free"},
			true,
		},
		{
			"removed", remove("credits_trans", "seq = 6"),
			with("sequence[6]", "balance[7] balance", "balance[7] available"), true,
		},
		{
			"the latest removed", remove("credits_trans", "seq = 12"),
			with("sequence[] seq", "chain[] head_hash"), true,
		},
		{
			"a copy added", insertCopy(func(e *credits.Entry) { e.Seq, e.OpSeq, e.OpKey = 13, 13, "forged" }),
			with("chain[13]", "time[13] at_us", "balance[13] balance", "balance[13] available",
				"sequence[] seq", "chain[] head_hash"), true,
		},
		{
			"reordered", inOrder(entry("seq", "-1", 6), entry("seq", "6", 7), entry("seq", "7", -1)),
			[]string{
				"chain[6]", "operation[6]", "balance[6] balance", "balance[6] available",
				"chain[7]", "time[7] at_us", "operation[7]", "balance[7] balance", "balance[7] available", "chain[8]",
			},
			true,
		},
	}
}

// stateTamperings change what Rebuild restores.
func stateTamperings() []tampering {
	account := func(column, expr, want string) tampering {
		return tampering{"account " + column + " " + expr, set("credits", "", column, expr), []string{want}, false}
	}
	lot := func(column, expr string, id int) tampering {
		return tampering{
			"lot " + column, set("credits_lots", fmt.Sprint("lot = ", id), column, expr),
			[]string{fmt.Sprintf("lot[%d] %s", id, column)},
			false,
		}
	}
	hold := func(column, expr string) tampering {
		return tampering{
			"hold " + column, set("credits_holds", "hold_seq = 5", column, expr),
			[]string{"hold[5] " + column},
			false,
		}
	}
	never := fmt.Sprint(int64(math.MaxInt64))
	cases := []tampering{
		account("left_credits", "left_credits + 1", "account[] left_credits"),
		account("total_credits", "0", "account[] total_credits"),
		account("balance", "balance - 1", "account[] balance"),
		account("held_credits", "0", "account[] held_credits"),
		account("debt_credits", "3", "account[] debt_credits"),
		account("expired_credits", "3", "account[] expired_credits"),
		account("active_holds", "2", "account[] active_holds"),
		account("as_of_us", "as_of_us - 1", "account[] as_of_us"),
		account("open_left", "76", "account[] open_left"),
		account("open_expires_us", "1", "account[] open_expires_us"),
		account("open_lot", "2", "open_lot[] open_lot"),
		account("open_lot", "0", "open_lot[] open_lot"),
		account("next_event_us", never, "next_event[] next_event_us"),
		account("next_event_us", "0", "next_event[] next_event_us"),
		lot("granted", "99", 1), lot("free", "5", 1), lot("free", "1", 2), lot("held", "26", 2),
		lot("paid", "NOT paid", 2), lot("live", "NOT live", 2), lot("expires_us", "1", 2),
		lot("created_us", "1", 2), lot("claws", "'{}'", 1),
		hold("hold_key", "'h9'"), hold("amount", "28"), hold("captured", "1"), hold("remaining", "26"),
		hold("status", "'released'"), hold("due_us", "1"), hold("created_us", "1"),
		hold("trans_type", "'gift'"), hold("allocations", "NULL"),
		{"lot removed", remove("credits_lots", "lot = 2"), []string{"lot[2] credits_lots"}, false},
		{"hold removed", remove("credits_holds", "hold_seq = 8"), []string{"hold[8] credits_holds"}, false},
		{"lot added", insertLot, []string{"lot[77] credits_lots"}, false},
		{"hold added", insertHold, []string{"hold[78] credits_holds"}, false},
		{"account removed", remove("credits", "seq = 12"), []string{"orphan[]"}, false},
	}
	// State that names another history than the one that is there.
	for _, c := range []tampering{
		account("seq", "13", "sequence[] seq"), account("head_hash", "'00'", "chain[] head_hash"),
	} {
		c.refused = true
		cases = append(cases, c)
	}
	return cases
}

func insertLot(ctx context.Context, db bun.IDB, user string) error {
	_, err := db.NewInsert().Model(&credits.Lot{UserUUID: user, Lot: 77, Granted: 5, Free: 5, Live: true}).Exec(ctx)
	return err
}

func insertHold(ctx context.Context, db bun.IDB, user string) error {
	_, err := db.NewInsert().Model(&credits.HoldRecord{
		UserUUID: user, HoldSeq: 78, HoldKey: "x", Status: credits.HoldActive, TransType: "x",
	}).Exec(ctx)
	return err
}

// victims makes an account with the story for each case, and tampers with it.
func victims(ctx context.Context, t *testing.T, db *bun.DB, cases []tampering) {
	t.Helper()
	for i := range cases {
		out, err := credits.Post(ctx, db, credits.PostParams{Ops: victimStory(proofUser(i)), AllOrNothing: true})
		require.NoError(t, err)
		require.EqualValues(t, 12, out[len(out)-1].Operation.Entries[0].Seq)
	}
	proven(ctx, t, db, audit.VerifyParams{})
	for i, c := range cases {
		require.NoError(t, c.do(ctx, db, proofUser(i)), c.name)
	}
}

// breaches verifies one account and tells of its breaches.
func breaches(ctx context.Context, t *testing.T, db bun.IDB, user string) []string {
	t.Helper()
	report, err := audit.Verify(ctx, db, audit.VerifyParams{UserUUID: user})
	require.NoError(t, err)
	out := []string{}
	for _, b := range report.Breaches {
		require.Equal(t, user, b.UserUUID)
		out = append(out, told(b))
	}
	return out
}

// TestVerifyFindsTampering changes rows in every way, and expects exactly the
// breaches that follow, seen from outside and from inside a transaction.
func TestVerifyFindsTampering(t *testing.T) {
	cases := append(historyTamperings(), stateTamperings()...)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		victims(ctx, t, env.DB, cases)
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				require.ElementsMatch(t, c.want, breaches(ctx, t, env.DB, proofUser(i)))
				require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
					require.ElementsMatch(t, c.want, breaches(ctx, t, tx, proofUser(i)))
					return nil
				}))
			})
		}
		requireAll(t, env.DB, cases)
	})
}

// requireAll verifies all accounts at once: each is found, and nothing more.
func requireAll(t *testing.T, db *bun.DB, cases []tampering) {
	t.Helper()
	var want, got []string
	for i, c := range cases {
		for _, b := range c.want {
			want = append(want, proofUser(i)+" "+b)
		}
	}
	report, err := audit.Verify(t.Context(), db, audit.VerifyParams{
		Limit: 3, OnBreach: func(b audit.Breach) { got = append(got, b.UserUUID+" "+told(b)) },
	})
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
	require.Len(t, report.Breaches, 3, "the report keeps to its limit")
	require.EqualValues(t, len(want), report.BreachCount)
	require.EqualValues(t, len(cases), report.Accounts)
	require.False(t, report.OK())
}

// TestRebuildRestoresTamperedState rebuilds each tampered account.
func TestRebuildRestoresTamperedState(t *testing.T) {
	cases := append(historyTamperings(), stateTamperings()...)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		victims(ctx, t, env.DB, cases)
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				user := proofUser(i)
				if c.refused {
					_, err := audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: user})
					require.ErrorIs(t, err, audit.ErrHistoryBroken)
					broken := (*audit.HistoryError)(nil)
					require.ErrorAs(t, err, &broken)
					require.NotEmpty(t, broken.Breaches)
					require.ElementsMatch(t, c.want, breaches(ctx, t, env.DB, user), "nothing was written")
				}
				params := audit.RebuildParams{UserUUID: user, Force: c.refused, DryRun: true}
				planned, err := audit.Rebuild(ctx, env.DB, params)
				require.NoError(t, err)
				require.False(t, planned.Written)
				require.ElementsMatch(t, c.want, breaches(ctx, t, env.DB, user), "a dry run writes nothing")
				params.DryRun = false
				done, err := audit.Rebuild(ctx, env.DB, params)
				require.NoError(t, err)
				require.Equal(t, planned.Changes, done.Changes)
				for _, left := range breaches(ctx, t, env.DB, user) {
					require.Contains(t, c.want, left, "no new breach")
					require.Contains(t, left, "[", "of history")
					require.NotContains(t, left, "[]", "state is mended")
				}
				if !c.refused {
					require.NotEmpty(t, done.Changes)
					require.Empty(t, breaches(ctx, t, env.DB, user))
				}
				again, err := audit.Rebuild(ctx, env.DB, params)
				require.NoError(t, err)
				require.Empty(t, again.Changes, "a second one finds nothing to do")
			})
		}
	})
}
