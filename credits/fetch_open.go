package credits

// charges summarizes a book's operations on an account, if all of them are charges.
type charges struct {
	sum    int64
	latest int64 // the latest time
}

// charges summarizes the accounts whose operations are all charges.
func (b *book) charges() map[string]*charges {
	all := make(map[string]*charges, len(b.users))
	for _, s := range b.specs {
		c, seen := all[s.user]
		if !seen {
			c = &charges{}
			all[s.user] = c
		}
		p, ok := s.op.(ChargeParams)
		if !ok || c == nil || c.sum+p.Amount > maxSum {
			all[s.user] = nil
			continue
		}
		c.sum, c.latest = c.sum+p.Amount, max(c.latest, s.at)
	}
	return all
}

// takesOpen uses only the open lot on the account's row if all of the account's charges fit in
// it, in any combination, with something left over, nothing falls due, and no other program has
// changed the account. The lot's own row is neither read nor written.
func (a *account) takesOpen(c *charges) bool {
	if c == nil || a.virtual || a.behind || a.suspect() || a.OpenLot == 0 || c.sum >= a.OpenLeft || max(c.latest, a.AsOfUs) >= a.NextEventUs {
		return false
	}
	saved := Lot{UserUUID: a.UserUUID, Lot: a.OpenLot, ExpiresUs: a.OpenExpiresUs, Live: true}
	l := &lot{Lot: saved, saved: saved}
	l.Free = a.OpenLeft
	a.lots[a.OpenLot] = l
	a.enqueue(l)
	a.frontier = l.rank() // it is the first of all
	return true
}
