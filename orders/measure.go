package orders

// A line without a plan buys what its money does at the price of the order that began the
// subscription. That compares amounts, which have to be in the same currency: a price in rupiah is
// ten thousand times the number of one in dollars.

// measured refuses a bill whose money would be compared with that of another currency.
func (b bill) measured(first *Order, paid *Money) error {
	if paid == nil || first.Currency == "" || first.Amount == 0 || paid.Currency == first.Currency || !b.byMoney(first) {
		return nil
	}
	return &CurrencyError{OrderNo: first.OrderNo, Want: first.Currency, Got: paid.Currency}
}

// byMoney reports whether a part, or a whole period at another price, is measured by its money.
func (b bill) byMoney(first *Order) bool {
	for i := range b.parts {
		if l := &b.parts[i]; l.Plan == nil && l.Amount != 0 {
			return true
		}
	}
	for i := range b.whole {
		if b.whole[i].Plan != nil {
			return false
		}
	}
	list, _ := b.list()
	main := b.main()
	return main != nil && list != 0 && main.PriceID != "" && first.PriceID != "" && main.PriceID != first.PriceID
}
