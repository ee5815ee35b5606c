package judge_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/torture/client"
	"github.com/chameleon-go/chameleon/internal/torture/history"
	"github.com/chameleon-go/chameleon/internal/torture/judge"
)

// disturbance spoils a history in one way; rule is what has to be found.
type disturbance struct {
	name, rule string
	do         func(t *testing.T, s *scene)
}

// sql disturbs the tables.
func sql(query string, args ...any) func(*testing.T, *scene) {
	return func(t *testing.T, s *scene) {
		t.Helper()
		s.exec(t, query, args...)
	}
}

// line disturbs what was told of an operation.
func line(id string, edit func(*history.Line)) func(*testing.T, *scene) {
	return func(t *testing.T, s *scene) {
		t.Helper()
		edit(s.answer(t, id))
	}
}

// classed is an operation that ended otherwise than was told.
func classed(id string, class history.Class) func(*testing.T, *scene) {
	return line(id, func(l *history.Line) { *l.Answer = history.Answer{Class: class} })
}

// both disturbs twice.
func both(first, second func(*testing.T, *scene)) func(*testing.T, *scene) {
	return func(t *testing.T, s *scene) {
		t.Helper()
		first(t, s)
		second(t, s)
	}
}

// unasked makes a call that nobody wrote down.
func unasked(op history.Op) func(*testing.T, *scene) {
	return func(t *testing.T, s *scene) {
		t.Helper()
		require.NoError(t, s.db.NewRaw("SELECT user_uuid FROM credits_trans WHERE op_key = 't:charge'").Scan(t.Context(), &op.User))
		require.Equal(t, history.OK, client.Call(t.Context(), s.db, op, 1, time.Time{}).Class)
	}
}

// forgotten leaves an operation out of the log.
func forgotten(id string) func(*testing.T, *scene) {
	return func(_ *testing.T, s *scene) {
		s.lines = slices.DeleteFunc(s.lines, func(l history.Line) bool { return l.ID == id || l.Intent != nil && l.Intent.ID == id })
	}
}

func disturbances() []disturbance {
	return slices.Concat(answers(), windows(), ledgers(), callers(), domains())
}

// answers are about what single calls were told.
func answers() []disturbance {
	const there, refused, clean, asked = "what was acknowledged is there", "what was refused is not there",
		"an error without an unknown outcome wrote nothing", "nothing happens that nobody asked for"
	return []disturbance{
		{"lost charge", there, sql(entriesOf, "t:charge")},
		{"lost part of a batch", there, sql(entriesOf, "t:post/1")},
		{"lost user", "a sign-up makes one user", sql("DELETE FROM users WHERE email = 'buyer@example.com'")},
		{"lost order", there, sql("DELETE FROM orders WHERE order_no = 'o3'")},
		{"payment forgotten", there, sql("UPDATE orders SET status = 'pending' WHERE order_no = 'o1'")},
		{"refund forgotten", there, sql("UPDATE orders SET refunded_amount = 0 WHERE order_no = 'o2'")},
		{"dispute forgotten", there, sql("UPDATE orders SET refunded_amount = 0 WHERE order_no = 'o5'")},
		{"completion forgotten", there, sql("UPDATE generations SET status = 'pending' WHERE gen_id = 'g1'")},
		{"refused charge stored", refused, classed("t:charge", history.Refused)},
		{"refused charge made later", refused, unasked(history.Op{Verb: history.Charge, Key: "t:poor", Amount: 1})},
		{"refused part stored", refused, line("t:post", func(l *history.Line) { l.Answer.Refusals, l.Answer.Told = []int{0}, nil })},
		{"charge stored after a clean error", clean, classed("t:charge", history.Clean)},
		{"user stored after a clean error", clean, classed("buyer@example.com", history.Clean)},
		{"charge that nobody asked for", asked, unasked(history.Op{Verb: history.Charge, Key: "t:stranger", Amount: 1})},
		{"charge before it was asked for", asked, forgotten("t:again")},
		{"other amount", "what is stored is what was asked for", func(_ *testing.T, s *scene) {
			for _, l := range s.lines {
				if l.Intent != nil && l.Intent.ID == "t:again" {
					l.Intent.Amount++
				}
			}
		}},
		{"time far ahead taken", "a time far ahead is refused", classed("t:early", history.OK)},
		{"reserved key taken", "a reserved key is refused", classed("order:none:grant", history.OK)},
		{"mended without need", "nothing is mended that was whole", line("pay", func(l *history.Line) { l.Answer.Mended = []string{"grant"} })},
		{"undocumented error", "errors are those that are documented", classed("balance", history.Broken)},
		{"first result a replay", "a first result is not a replay", line("t:charge", func(l *history.Line) { l.Answer.Replayed = true })},
		{"told otherwise", "entries are those that were told", sql("UPDATE credits_trans SET trans_type = 'other' WHERE op_key = 't:charge'")},
		{"Verify falsely not clean", "Verify is never falsely not clean", line("verify", func(l *history.Line) { l.Answer.Breaches = []string{"sum"} })},
		{"stored entry changed", "Verify finds the books in order", sql("UPDATE credits_trans SET metadata = '{}' WHERE op_key = 't:charge'")},
	}
}

// windows are about time.
func windows() []disturbance {
	return []disturbance{
		{"late return", "a call returns within its deadline", line("t:charge", func(l *history.Line) {
			l.End = l.Start + l.Limit + int64(judge.Margin) + 1
		})},
		{"order against time", "operations are in real-time order", func(t *testing.T, s *scene) {
			first := s.answer(t, "t:charge")
			for i := range s.lines {
				if s.lines[i].ID == "t:again" {
					s.lines[i].Start, s.lines[i].End = first.Start-2000, first.Start-1000
				}
				if s.lines[i].ID == "t:charge" {
					s.lines[i].Start = first.Start
				}
			}
		}},
		{"balance outside of its window", "a balance fits what there was", line("balance", func(l *history.Line) { l.Answer.Available++ })},
		{"balance of before", "a balance fits what there was", func(t *testing.T, s *scene) {
			later := s.answer(t, "settle")
			for i := range s.lines {
				if s.lines[i].ID == "balance" {
					s.lines[i].Start, s.lines[i].End = later.End+1000, later.End+2000
				}
			}
		}},
		{"refusal outside of its window", "a refusal fits what there was", line("t:poor", func(l *history.Line) { l.Answer.Have-- })},
	}
}

// ledgers are about accounts.
func ledgers() []disturbance {
	return []disturbance{
		{"doubled key", "one operation for each key", both(sql("DROP INDEX credits_trans_op_key_unique"),
			sql("UPDATE credits_trans SET op_key = 't:charge' WHERE op_key = 't:again'"))},
		{"missing entry", "no entry is missing", sql(entriesOf, "t:again")},
		{
			"wrong balance", "running sums are what the entries add up to",
			sql("UPDATE credits_trans SET balance = balance + 1 WHERE op_key = 't:charge'"),
		},
		{
			"wrong available", "running sums are what the entries add up to",
			sql("UPDATE credits_trans SET available = available - 1 WHERE op_key = 't:refund'"),
		},
		{"wrong burn order", "credits are spent in the burn order", sql(`UPDATE credits_trans SET lot =
			(SELECT t.lot FROM credits_trans t WHERE t.op_key = 't:late') WHERE op_key = 't:charge'`)},
		{"entry of no grant", "an entry belongs to a grant", sql("UPDATE credits_trans SET lot = 9999 WHERE op_key = 't:refund'")},
		{"other expiry", "an entry carries its grant's expiry", sql("UPDATE credits_trans SET expires_us = expires_us + 1 WHERE op_key = 't:charge'")},
		{"time backwards", "time does not run backwards", sql("UPDATE credits_trans SET at_us = 1 WHERE op_key = 't:charge'")},
		{
			"refund of another charge", "a refund gives back what was charged, once",
			sql("UPDATE credits_trans SET target_seq = 9999 WHERE op_key = 't:refund'"),
		},
		{"hold ended twice", "a hold ends once", sql("UPDATE credits_trans SET target_seq = 9999 WHERE op_key = 't:capture'")},
		{"kept hold ended", "a hold's row fits its entries", sql("UPDATE credits_holds SET status = 'captured' WHERE hold_key = 't:kept'")},
		{"capture kept its hold unasked", "a hold ends once", func(_ *testing.T, s *scene) {
			for _, l := range s.lines {
				if l.Intent != nil && l.Intent.ID == "t:keep" {
					l.Intent.Keep = false
				}
			}
		}},
		{"hold's row ended", "a hold's row fits its entries", sql("UPDATE credits_holds SET status = 'released' WHERE hold_key = 't:open'")},
		{"hold due later", "a hold's row fits its entries", sql("UPDATE credits_holds SET due_us = due_us + 1 WHERE hold_key = 't:open'")},
		{"account's balance", "the account's row is the sum of its entries", sql("UPDATE credits SET balance = balance + 1")},
		{"account's left credits", "the account's row is the sum of its entries", sql("UPDATE credits SET left_credits = left_credits + 1")},
		{"account's head", "the account's row is the sum of its entries", sql("UPDATE credits SET head_hash = 'x'")},
		{"account lost", "an account has a row", sql("DELETE FROM credits")},
		{"lot's row", "a lot's row is the sum of its entries", sql("UPDATE credits_lots SET held = held + 1")},
	}
}

// callers are about callers' own transactions.
func callers() []disturbance {
	const whole = "a caller's transaction is whole"
	noted := sql("INSERT INTO torture_notes VALUES ('t:undone', 'x')")
	return []disturbance{
		{"caller's row without its charge", whole, sql(entriesOf, "t:caller/0")},
		{
			"caller's row without its grant, outcome unknown", whole,
			both(classed("t:caller", history.Unknown), sql(entriesOf, "t:caller/1")),
		},
		{
			"charge without its caller's row", whole,
			both(classed("t:caller", history.Unknown), sql("DELETE FROM torture_notes WHERE id = 't:caller'")),
		},
		{"caller's row lost", "what was acknowledged is there", sql("DELETE FROM torture_notes WHERE id = 't:caller'")},
		{"caller's row after a clean error", "an error without an unknown outcome wrote nothing", classed("t:caller", history.Clean)},
		{"rolled back row", "what is rolled back is not there", noted},
		{
			"rolled back charge", "what is rolled back is not there",
			unasked(history.Op{Verb: history.Charge, Key: "t:undone/0", Amount: 2}),
		},
		{"row of nobody", "nothing happens that nobody asked for", sql("INSERT INTO torture_notes VALUES ('x', 'x')")},
	}
}

// domains are about what the ledger's callers in the product store.
func domains() []disturbance {
	return []disturbance{
		{"order paid without its grant", "a paid order has its grant, once", sql(entriesOf, "order:o1:grant")},
		{"order granted another amount", "a paid order has its grant, once", sql("UPDATE orders SET credits = 41 WHERE order_no = 'o1'")},
		{"grant of an unpaid order", "an order that is not paid has no grant", sql("UPDATE orders SET status = 'pending' WHERE order_no = 'o1'")},
		{"grant of no order", "a grant for an order has an order", sql("DELETE FROM orders WHERE order_no = 'o1'")},
		{"commission missing", "a paid order earns its commission, once", sql("DELETE FROM affiliates WHERE order_uuid = 'o1'")},
		{
			"commission of another amount", "a paid order earns its commission, once",
			sql("UPDATE affiliates SET commission_amount = commission_amount + 1 WHERE order_uuid = 'o1'"),
		},
		{
			"commission of an unpaid order", "an order that is not paid earns nothing",
			sql("UPDATE affiliates SET order_uuid = 'o3' WHERE order_uuid = 'o1'"),
		},
		{"refund not taken", "what an order gave back was taken", sql("UPDATE orders SET refunded_credits = 0 WHERE order_no = 'o2'")},
		{"won back and not given back", "what an order gave back was taken", sql("UPDATE orders SET refunded_credits = 3 WHERE order_no = 'o4'")},
		{"lost and not taken", "what an order gave back was taken", sql("UPDATE orders SET refunded_credits = 0 WHERE order_no = 'o5'")},
		{"generation without its charge", "a generation has its charge, once", sql(entriesOf, "generation:g1:charge")},
		{"generation without its hold", "a generation has its hold, once", sql(entriesOf, "generation:g3:hold")},
		{"settled and not paid for", "a settled generation was paid for, once", sql("UPDATE generations SET credits_cost = 4 WHERE gen_id = 'g3'")},
		{"failed and not refunded", "a failed generation gave its credits back, once", sql(entriesOf, "generation:g2:refund")},
		{
			"refunded and not failed", "only a failed generation gives credits back",
			sql("UPDATE generations SET status = 'completed' WHERE gen_id = 'g2'"),
		},
		{"charge of no generation", "what a generation costs has a generation", sql("DELETE FROM generations WHERE gen_id = 'g1'")},
		{"user without welcome credits", "a user has the welcome credits, once", sql(entriesOf, "new_user")},
		{"welcome credits of no user", "welcome credits have a user", sql("DELETE FROM users")},
	}
}
