package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	stripego "github.com/stripe/stripe-go/v85"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/users"
)

// google asks Google whose ID token it is. A token that was made for another program is
// nobody's here.
func google(ctx context.Context, idToken string) (users.Profile, error) {
	var token struct {
		Audience string `json:"aud"`
		Subject  string `json:"sub"`
		Email    string `json:"email"`
		Verified string `json:"email_verified"`
		Name     string `json:"name"`
	}
	asked := "https://oauth2.googleapis.com/tokeninfo?id_token=" + url.QueryEscape(idToken)
	if err := ask(ctx, http.MethodGet, asked, "", nil, &token); err != nil {
		return users.Profile{}, fmt.Errorf("%w: %w", apikeys.ErrUnauthenticated, err)
	}
	if id := os.Getenv("GOOGLE_ID"); id == "" || token.Audience != id {
		return users.Profile{}, apikeys.ErrUnauthenticated
	}
	return users.Profile{
		Provider: users.ProviderGoogle, Subject: token.Subject, Name: token.Name,
		Email: token.Email, EmailVerified: token.Verified == "true",
	}, nil
}

// openAI makes an image.
func openAI(ctx context.Context, g *generations.Generation) (*generations.Made, error) {
	var images struct {
		Data []struct {
			URL string `json:"url"`
		} `json:"data"`
	}
	order := map[string]any{"model": g.Model, "prompt": g.Prompt}
	if err := ask(ctx, http.MethodPost, "https://api.openai.com/v1/images/generations", os.Getenv("OPENAI_API_KEY"), order, &images); err != nil {
		return nil, err
	}
	made := &generations.Made{}
	for _, image := range images.Data {
		made.ResultURLs = append(made.ResultURLs, image.URL)
	}
	return made, nil
}

// stripeCheckout begins a checkout session for an order.
func stripeCheckout(ctx context.Context, o *orders.Order) (string, error) {
	params := &stripego.CheckoutSessionCreateParams{
		Mode: stripego.String(string(stripego.CheckoutSessionModePayment)), SuccessURL: stripego.String("https://example.com/thanks"),
		LineItems: []*stripego.CheckoutSessionCreateLineItemParams{{
			Quantity: stripego.Int64(1),
			PriceData: &stripego.CheckoutSessionCreateLineItemPriceDataParams{
				Currency: stripego.String(o.Currency), UnitAmount: new(o.Amount),
				ProductData: &stripego.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: stripego.String(o.ProductID)},
			},
		}},
	}
	stripe.LinkCheckout(params, o.OrderNo)
	session, err := stripego.NewClient(os.Getenv("STRIPE_API_KEY")).V1CheckoutSessions.Create(ctx, params)
	if err != nil {
		return "", fmt.Errorf("stripe: %w", err)
	}
	return session.URL, nil
}

// ask sends JSON, if there is any, and decodes the answer.
func ask(ctx context.Context, method, url, key string, order, into any) error {
	sent, err := json.Marshal(order)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(sent)) //nolint:gosec // the program's own URLs
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := http.DefaultClient.Do(r) //nolint:gosec // the program's own URLs
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", r.URL.Host, answer.Status)
	}
	return json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(into)
}
