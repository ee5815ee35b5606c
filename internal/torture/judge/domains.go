package judge

import (
	"strings"

	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// shop checks orders and commissions against the ledger.
func (c *Case) shop() {
	for no, o := range c.books.orders {
		grant := c.find(ref{o.User, "order:" + no + ":grant"})
		commission, earned := c.books.commissions[no]
		paid := o.Status == "paid" || o.Status == "refunded"
		switch {
		case paid && o.Credits > 0 && (grant == nil || grant.amount != o.Credits):
			c.addf("a paid order has its grant, once", "order %s of %s: grant %+v", no, o.User, grant)
		case !paid && grant != nil:
			c.addf("an order that is not paid has no grant", "order %s is %s", no, o.Status)
		case !paid && earned:
			c.addf("an order that is not paid earns nothing", "order %s is %s", no, o.Status)
		}
		referrer := c.books.users[o.User].InvitedBy
		want := commissionOf(o.Paid)
		if paid && referrer != "" && want > 0 && (!earned || commission.User != referrer || o.Refunded == 0 && commission.Amount != want) {
			c.addf("a paid order earns its commission, once", "order %s of %d: %+v, want %d for %s", no, o.Paid, commission, want, referrer)
		}
		if grant != nil && c.told[o.User].clawed[grant.seq] != o.RefundedCredits {
			c.addf("what an order gave back was taken", "order %s: %d credits refunded, %d taken", no, o.RefundedCredits,
				c.told[o.User].clawed[grant.seq])
		}
	}
	for user, b := range c.told {
		for _, op := range b.ops {
			if no, ok := strings.CutPrefix(op.key, "order:"); ok && strings.HasSuffix(no, ":grant") {
				if _, there := c.books.orders[strings.TrimSuffix(no, ":grant")]; !there {
					c.addf("a grant for an order has an order", "%s %s", user, op.key)
				}
			}
		}
	}
	c.acknowledgedOrders()
}

// commissionOf is the documented scale, by its documentation.
func commissionOf(amount int64) int64 {
	percent := int64(5)
	for _, tier := range [][2]int64{{20_00, 10}, {50_00, 15}, {100_00, 20}, {200_00, 25}, {500_00, 30}} {
		if amount >= tier[0] {
			percent = tier[1]
		}
	}
	return amount * percent / 100
}

func (c *Case) acknowledgedOrders() {
	for _, id := range c.tale.order {
		s := c.tale.stories[id]
		if s.class() != history.OK {
			continue
		}
		o, there := c.books.orders[s.op.Key]
		switch s.op.Verb {
		case history.Order, history.Subscribe:
			if !there {
				c.addf("what was acknowledged is there", "%s: order %s", id, s.op.Key)
			}
		case history.Pay:
			if o.Status != "paid" && o.Status != "refunded" {
				c.addf("what was acknowledged is there", "%s: order %s was paid and is %q", id, s.op.Key, o.Status)
			}
		case history.OrderRefund:
			if o.Refunded < min(s.op.Price, o.Paid) {
				c.addf("what was acknowledged is there", "%s: order %s: %d refunded, says %d", id, s.op.Key, s.op.Price, o.Refunded)
			}
		case history.Lose:
			if last := s.last().answer; !last.Replayed && o.Refunded < min(s.op.Price, o.Paid) {
				c.addf("what was acknowledged is there", "%s: order %s: %d lost, says %d", id, s.op.Key, s.op.Price, o.Refunded)
			}
		case history.Renew:
			renewal := c.books.orders[s.last().answer.Ref]
			if renewal.Status != "paid" && renewal.Status != "refunded" {
				c.addf("what was acknowledged is there", "%s: renewal %s is %q", id, s.last().answer.Ref, renewal.Status)
			}
		case history.Convert:
			if commission := c.books.commissions[s.op.Key]; commission.Status != "paid" {
				c.addf("what was acknowledged is there", "%s: the commission of %s is %q", id, s.op.Key, commission.Status)
			}
		default:
		}
	}
}

// studio checks generations against the ledger.
func (c *Case) studio() {
	for id, g := range c.books.generations {
		charge, hold := c.find(ref{g.User, g.ChargeKey}), c.find(ref{g.User, g.HoldKey})
		refund := c.find(ref{g.User, "generation:" + id + ":refund"})
		switch {
		case g.HoldKey == "" && (charge == nil || charge.amount != g.Cost):
			c.addf("a generation has its charge, once", "%s: %+v", id, charge)
		case g.HoldKey != "" && hold == nil:
			c.addf("a generation has its hold, once", "%s", id)
		case g.HoldKey != "" && g.Status == "completed" && g.Cost > 0 && (charge == nil || charge.amount != g.Cost):
			c.addf("a settled generation was paid for, once", "%s: cost %d, %+v", id, g.Cost, charge)
		case g.Status == "failed" && charge != nil && (refund == nil || refund.amount != g.Refunded):
			c.addf("a failed generation gave its credits back, once", "%s: %+v refunded, %+v, charge %+v", id, g, refund, charge)
		case g.Status != "failed" && refund != nil:
			c.addf("only a failed generation gives credits back", "%s is %s", id, g.Status)
		}
	}
	for user, b := range c.told {
		for _, op := range b.ops {
			id, ok := strings.CutPrefix(op.key, "generation:")
			if !ok {
				continue
			}
			id = id[:strings.LastIndex(id, ":")]
			if _, there := c.books.generations[id]; !there {
				c.addf("what a generation costs has a generation", "%s %s", user, op.key)
			}
		}
	}
	c.acknowledgedGenerations()
}

func (c *Case) acknowledgedGenerations() {
	for _, id := range c.tale.order {
		s := c.tale.stories[id]
		if s.class() != history.OK {
			continue
		}
		want := map[history.Verb]string{
			history.Complete: "completed", history.Settle: "completed", history.Fail: "failed",
		}[s.op.Verb]
		if g := c.books.generations[s.op.Key]; want != "" && g.Status != want {
			c.addf("what was acknowledged is there", "%s: generation %s is %q", id, s.op.Key, g.Status)
		}
	}
}

// people checks users against the ledger.
func (c *Case) people() {
	for uuid := range c.books.users {
		if bonus := c.find(ref{uuid, "new_user"}); bonus == nil || bonus.amount < 100 {
			c.addf("a user has the welcome credits, once", "%s: %+v", uuid, bonus)
		}
	}
	for user, b := range c.told {
		if _, there := c.books.users[user]; !there {
			c.addf("welcome credits have a user", "%s, %d operations", user, len(b.ops))
		}
	}
	emails := map[string]int{}
	for _, u := range c.books.users {
		emails[u.Email]++
	}
	for _, id := range c.tale.order {
		s := c.tale.stories[id]
		email := s.op.Key
		switch s.op.Verb {
		case history.SignIn:
			email += "@example.com"
		case history.SignUp:
		default:
			continue
		}
		switch n, class := emails[strings.ToLower(email)], s.class(); {
		case n > 1, class == history.OK && n == 0:
			c.addf("a sign-up makes one user", "%s %s: %d users", id, email, n)
		case class == history.Clean && n > 0 && len(s.calls) > 0:
			c.addf("an error without an unknown outcome wrote nothing", "%s %s: there is a user after %s", id, s.op.Verb, s.last().answer.Error)
		}
	}
}
