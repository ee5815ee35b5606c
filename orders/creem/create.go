package creem

// Checkout is what ties a checkout of Creem's to an order, as fields of the
// request that creates it. Creem copies the metadata to the subscription, so that
// its payments find their order even when they come before the checkout.
type Checkout struct {
	RequestID string            `json:"request_id"`
	Metadata  map[string]string `json:"metadata"`
}

// CheckoutOf is the Checkout of an order. Merge it with the fields of your own:
//
//	struct {
//		creem.Checkout
//		ProductID string `json:"product_id"`
//	}{creem.CheckoutOf(o.OrderNo), "prod_1"}
func CheckoutOf(orderNo string) Checkout {
	return Checkout{RequestID: orderNo, Metadata: map[string]string{orderKey: orderNo}}
}
