package main

import (
	"cmp"
	"os"
	"strings"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/secret"
)

// config is what differs from one deployment to the next.
type config struct {
	publicURL  string
	admins     []string // emails, which the sign-in provider must have verified
	sessionKey []byte
	providers  map[string]signInProvider
	products   []product
	models     map[string]model // by AI provider

	stripeKey, stripeSecret string
	creemKey, creemSecret   string
	stripeURL, creemURL     string
}

// product is something to buy. A recurring one has a Price at the provider, which says how
// often it is billed.
type product struct {
	ID, Name string
	Amount   int64 // in the currency's smallest unit
	Currency string
	Credits  int64
	Interval orders.Interval
	Price    string
}

func catalogue() []product {
	return []product{
		{ID: "small", Name: "1,000 credits", Amount: 999, Currency: "USD", Credits: 1000, Interval: orders.IntervalOneTime},
		{ID: "large", Name: "5,000 credits", Amount: 3999, Currency: "USD", Credits: 5000, Interval: orders.IntervalOneTime},
		{ID: "pro", Name: "Pro", Amount: 1999, Currency: "USD", Credits: 3000, Interval: orders.IntervalMonth, Price: os.Getenv("STRIPE_PRICE_PRO")},
	}
}

func fromEnvironment() config {
	return config{
		publicURL:  strings.TrimSuffix(cmp.Or(os.Getenv("PUBLIC_URL"), "http://localhost:8080"), "/"),
		admins:     strings.Fields(os.Getenv("ADMINS")),
		sessionKey: []byte(os.Getenv("SESSION_KEY")),
		providers: map[string]signInProvider{
			"google": google(os.Getenv("GOOGLE_ID"), os.Getenv("GOOGLE_SECRET")),
			"github": github(os.Getenv("GITHUB_ID"), os.Getenv("GITHUB_SECRET")),
		},
		products:  catalogue(),
		models:    map[string]model{"openai": openAI("https://api.openai.com", secret.New(os.Getenv("OPENAI_API_KEY")))},
		stripeKey: os.Getenv("STRIPE_API_KEY"), stripeSecret: os.Getenv("STRIPE_WEBHOOK_SECRET"),
		creemKey: os.Getenv("CREEM_API_KEY"), creemSecret: os.Getenv("CREEM_WEBHOOK_SECRET"),
		stripeURL: "https://api.stripe.com", creemURL: "https://api.creem.io",
	}
}
