package affiliates

import (
	"slices"
	"strconv"
	"time"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/share"
)

// clawBack is the operation on the referrer's account, if there is one.
func (p ReduceParams) clawBack(before, c *Commission, at time.Time) (credits.ClawBackParams, bool) {
	if c.ConvertedAt.IsZero() || c.PaidAmount <= 0 {
		return credits.ClawBackParams{}, false
	}
	was, is := before.clawed(), c.clawed()
	if was == is {
		return credits.ClawBackParams{}, false
	}
	return credits.ClawBackParams{
		UserUUID: c.UserUUID, GrantKey: c.grantKey(), Total: is, Reinstate: is < was,
		Policy: p.Policy, Key: p.keyOf(c), OrderNo: c.OrderKey, At: at, MaxAhead: p.MaxAhead,
	}, true
}

// keyOf names the change in the ledger of the referrer. Of an order's own
// commission it does not depend on the row, which may be lost and made again.
func (p ReduceParams) keyOf(c *Commission) string {
	if c.OrderKey != "" {
		return ledgerkey.Of("commission-reduced:order", p.Key)
	}
	return ledgerkey.Of("commission-reduced:"+strconv.FormatInt(c.ID, 10), p.Key)
}

// clawed is how many of the converted credits are to be taken back in all.
// A dispute that is won may leave more than there was when it was converted.
func (c *Commission) clawed() int64 {
	over := max(c.PaidAmount-c.CommissionAmount, 0)
	return share.Down(c.ConvertedCredits, over, c.PaidAmount)
}

// posted notes what the ledger did to the referrer's account.
func (r *ReduceResult) posted(op *credits.Operation) {
	r.Referrer = op
	switch {
	case op.Replayed:
		r.Known = true
	case op.Kind == credits.KindClawBack:
		r.done(credits.PartClawBack)
	default:
		r.done(credits.PartGrant)
	}
}

func (r *ReduceResult) done(part credits.Part) {
	if !slices.Contains(r.Done, part) {
		r.Done = append(r.Done, part)
	}
}
