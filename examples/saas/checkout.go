package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	stripego "github.com/stripe/stripe-go/v85"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/orders/stripe"
)

// checkout writes an order and begins its checkout at the payment provider. Nothing is
// granted here: the webhook does that, when the money is there.
func (a *app) checkout(r *http.Request, user string) (any, error) {
	var wanted struct {
		ProductID string         `json:"product_id"`
		Provider  orders.PayType `json:"provider"`
	}
	key, err := read(r, &wanted)
	if err != nil {
		return nil, err
	}
	item, err := a.product(wanted.ProductID)
	if err != nil {
		return nil, err
	}
	begin, ok := map[orders.PayType]func(context.Context, product, *orders.Order) (string, error){
		orders.PayTypeStripe: a.stripeCheckout, orders.PayTypeCreem: a.creemCheckout,
	}[wanted.Provider]
	if !ok {
		return nil, &dialect.InvalidError{Field: "provider", Problem: "is neither stripe nor creem"}
	}
	created, err := orders.Create(r.Context(), a.db, orders.CreateParams{
		OrderNo: orderNo(user, key), UserUUID: user, ProductID: item.ID, ProductName: item.Name,
		Amount: item.Amount, Currency: item.Currency, PayType: wanted.Provider,
		Interval: item.Interval, Credits: item.Credits,
	})
	if err != nil {
		return nil, err
	}
	url, err := begin(r.Context(), item, created.Order)
	if err != nil {
		return nil, err
	}
	return map[string]string{"order_no": created.Order.OrderNo, "url": url}, nil
}

func (a *app) product(id string) (product, error) {
	for _, p := range a.products {
		if p.ID == id {
			return p, nil
		}
	}
	return product{}, &dialect.InvalidError{Field: "product_id", Problem: "names no product"}
}

// orderNo makes one order of a request that is sent again; without a key each is one.
func orderNo(user, key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(user + "\x00" + key))
	return hex.EncodeToString(sum[:16])
}

func (a *app) stripeCheckout(ctx context.Context, p product, o *orders.Order) (string, error) {
	item := &stripego.CheckoutSessionCreateLineItemParams{Quantity: stripego.Int64(1)}
	mode := stripego.CheckoutSessionModePayment
	if p.Interval == orders.IntervalOneTime {
		item.PriceData = &stripego.CheckoutSessionCreateLineItemPriceDataParams{
			Currency: stripego.String(p.Currency), UnitAmount: new(p.Amount),
			ProductData: &stripego.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: stripego.String(p.Name)},
		}
	} else {
		mode, item.Price = stripego.CheckoutSessionModeSubscription, stripego.String(p.Price)
	}
	params := &stripego.CheckoutSessionCreateParams{
		Mode: stripego.String(string(mode)), SuccessURL: stripego.String(a.publicURL + "/"),
		LineItems: []*stripego.CheckoutSessionCreateLineItemParams{item},
	}
	stripe.LinkCheckout(params, o.OrderNo)
	params.SetIdempotencyKey(o.OrderNo)
	client := stripego.NewClient(a.stripeKey, stripego.WithBackends(stripego.NewBackendsWithConfig(
		&stripego.BackendConfig{URL: stripego.String(a.stripeURL)},
	)))
	session, err := client.V1CheckoutSessions.Create(ctx, params)
	if err != nil {
		return "", fmt.Errorf("stripe: %w", err)
	}
	return session.URL, nil
}

func (a *app) creemCheckout(ctx context.Context, p product, o *orders.Order) (string, error) {
	var session struct {
		URL string `json:"checkout_url"`
	}
	err := post(ctx, a.creemURL+"/v1/checkouts", http.Header{"X-Api-Key": {a.creemKey}}, struct {
		creem.Checkout
		ProductID  string `json:"product_id"`
		SuccessURL string `json:"success_url"`
	}{creem.CheckoutOf(o.OrderNo), p.ID, a.publicURL + "/"}, &session)
	return session.URL, err
}

// post sends JSON and decodes the answer.
func post(ctx context.Context, url string, header http.Header, what, into any) error {
	sent, err := json.Marshal(what)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(sent))
	if err != nil {
		return err
	}
	r.Header = header
	r.Header.Set("Content-Type", "application/json")
	return fetch(http.DefaultClient, r, into)
}

// fetch sends a request and decodes the JSON of its answer.
func fetch(client *http.Client, r *http.Request, into any) error {
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %s", r.URL.Host, answer.Status)
	}
	return json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(into)
}
