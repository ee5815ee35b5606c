package judge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// told is a history with something of everything that the judge checks.
func told(t *testing.T) (s *scene, buyer string) {
	t.Helper()
	s = newScene(t)
	s.does(t, history.Op{Verb: history.SignUp, Key: "seller@example.com"})
	var code string
	require.NoError(t, s.db.NewRaw("SELECT invite_code FROM users").Scan(t.Context(), &code))
	buyer = s.does(t, history.Op{Verb: history.SignUp, Key: "buyer@example.com", Target: code}).Ref
	ledgerOf(t, s, buyer)
	domainsOf(t, s, buyer)
	assert.Empty(t, s.judged(t), "the undisturbed history")
	return s, buyer
}

// ledgerOf is the ledger's part.
func ledgerOf(t *testing.T, s *scene, user string) {
	t.Helper()
	soon := time.Now().Add(48 * time.Hour).UnixMicro()
	for _, op := range []history.Op{
		{Verb: history.Grant, Key: "t:soon", Amount: 50, ExpiresUs: soon},
		{Verb: history.Grant, Key: "t:late", Amount: 500},
		{Verb: history.Charge, Key: "t:charge", Amount: 10},
		{Verb: history.Charge, Key: "t:again", Amount: 7},
		{Verb: history.Refund, Key: "t:refund", Target: "t:charge", Amount: 4},
		{Verb: history.Hold, Key: "t:hold", Amount: 20, TimeoutMs: 600_000},
		{Verb: history.Capture, Key: "t:capture", Target: "t:hold", Amount: 15},
		{Verb: history.Hold, Key: "t:kept", Amount: 9, TimeoutMs: 600_000},
		{Verb: history.Capture, Key: "t:keep", Target: "t:kept", Amount: 4, Keep: true},
		{Verb: history.Hold, Key: "t:open", Amount: 6, TimeoutMs: 600_000},
		{Verb: history.Balance, ID: "balance"},
		{Verb: history.Post, Key: "t:post", Parts: []history.Op{
			{Verb: history.Charge, User: user, Key: "t:post/0", Amount: 2}, {Verb: history.Grant, User: user, Key: "t:post/1", Amount: 3},
		}},
		{Verb: history.Caller, Key: "t:caller", Parts: []history.Op{
			{Verb: history.Charge, User: user, Key: "t:caller/0", Amount: 2}, {Verb: history.Grant, User: user, Key: "t:caller/1", Amount: 3},
		}},
		{Verb: history.Verify, ID: "verify"},
	} {
		op.User = user
		require.Equal(t, history.OK, s.does(t, op).Class, "%+v", op)
	}
	require.True(t, s.does(t, history.Op{Verb: history.Charge, User: user, Key: "t:poor", Amount: 9000}).Poor)
	for _, op := range []history.Op{
		{Verb: history.Early, Key: "t:early", Amount: 1}, {Verb: history.Squat, Key: "order:none:grant", Amount: 1},
	} {
		op.User = user
		require.Equal(t, history.Refused, s.does(t, op).Class, "%+v", op)
	}
	require.Equal(t, history.Refused, s.does(t, history.Op{
		Verb: history.Caller, User: user, Key: "t:undone", RollBack: true,
		Parts: []history.Op{{Verb: history.Charge, User: user, Key: "t:undone/0", Amount: 2}},
	}).Class)
}

// domainsOf is the part of orders, commissions and generations.
func domainsOf(t *testing.T, s *scene, user string) {
	t.Helper()
	for _, op := range []history.Op{
		{ID: "order", Verb: history.Order, Key: "o1", Amount: 40, Price: 10_000},
		{ID: "pay", Verb: history.Pay, Key: "o1", Price: 10_000},
		{ID: "order2", Verb: history.Order, Key: "o2", Amount: 40, Price: 8_000},
		{ID: "pay2", Verb: history.Pay, Key: "o2", Price: 8_000},
		{ID: "refund2", Verb: history.OrderRefund, Key: "o2", Price: 4_000},
		{ID: "order4", Verb: history.Order, Key: "o4", Amount: 40, Price: 8_000},
		{ID: "pay4", Verb: history.Pay, Key: "o4", Price: 8_000},
		{ID: "dispute4", Verb: history.Dispute, Key: "o4", Price: 3_000},
		{ID: "win4", Verb: history.Win, Key: "o4", Price: 3_000},
		{ID: "order5", Verb: history.Order, Key: "o5", Amount: 40, Price: 8_000},
		{ID: "pay5", Verb: history.Pay, Key: "o5", Price: 8_000},
		{ID: "dispute5", Verb: history.Dispute, Key: "o5", Price: 3_000},
		{ID: "lose5", Verb: history.Lose, Key: "o5", Price: 3_000},
		{ID: "order3", Verb: history.Order, Key: "o3", Amount: 40, Price: 8_000},
		{ID: "generate", Verb: history.Generate, Key: "g1", Amount: 5},
		{ID: "complete", Verb: history.Complete, Key: "g1"},
		{ID: "generate2", Verb: history.Generate, Key: "g2", Amount: 6},
		{ID: "fail", Verb: history.Fail, Key: "g2"},
		{ID: "stuck", Verb: history.Stuck, TimeoutMs: 60_000},
		{ID: "reserve", Verb: history.Reserve, Key: "g3", Amount: 8, TimeoutMs: 600_000},
		{ID: "settle", Verb: history.Settle, Key: "g3", Amount: 3},
	} {
		op.User = user
		require.Equal(t, history.OK, s.does(t, op).Class, "%+v", op)
	}
}

// entriesOf deletes an operation's entries.
const entriesOf = `DELETE FROM credits_trans WHERE (user_uuid, op_seq) =
	(SELECT user_uuid, op_seq FROM credits_trans WHERE op_key = ?)`

func TestEachCheckFails(t *testing.T) {
	t.Parallel()
	whole, _ := told(t)
	for _, c := range disturbances() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := whole.copy(t)
			c.do(t, s)
			assert.Contains(t, s.judged(t), c.rule)
		})
	}
}
