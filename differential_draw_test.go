package chameleon_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

func (*drawn) users() []string {
	return []string{
		"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333",
	}
}

// fill draws every field by its name and type: from few values, so that calls meet
// each other, and now and then from none of them.
func (h *drawn) fill(p reflect.Value) {
	for field, value := range p.Fields() {
		if field.IsExported() {
			h.fillOne(field, value)
		}
	}
}

func (h *drawn) fillOne(field reflect.StructField, value reflect.Value) {
	switch value.Kind() {
	case reflect.String:
		value.SetString(h.text(field.Name, value.Type()))
	case reflect.Int64:
		value.SetInt(h.number(field.Name, value.Type()))
	case reflect.Int:
		value.SetInt(int64(h.rand.IntN(6))) // limits and ratings
	case reflect.Bool:
		value.SetBool(h.rand.IntN(4) == 0)
	case reflect.Map:
		if h.rand.IntN(4) == 0 && field.Name == "Metadata" {
			value.Set(reflect.ValueOf(map[string]any{"note": fmt.Sprint("é", h.rand.IntN(3)), "n": h.rand.IntN(3)}))
		}
	case reflect.Pointer:
		if h.rand.IntN(2) == 0 {
			value.Set(reflect.New(value.Type().Elem()))
			h.fillOne(field, value.Elem())
		}
	case reflect.Struct:
		switch {
		case value.Type() == reflect.TypeFor[time.Time]():
			h.when(field.Name, value)
		case value.Type() == reflect.TypeFor[secret.Secret]():
			value.Set(reflect.ValueOf(secret.New(fmt.Sprint("sk-a-key-of-a-provider-", h.rand.IntN(3)))))
		case field.Anonymous, value.Type() == reflect.TypeFor[orders.Money](): // what several verbs ask for
			h.fill(value)
		}
	case reflect.Slice:
		h.list(field.Name, value)
	case reflect.Interface:
		if value.Type() == reflect.TypeFor[providers.AEAD]() && h.rand.IntN(8) > 0 {
			value.Set(reflect.ValueOf(plainAEAD{}))
		}
	}
}

func (h *drawn) list(name string, value reflect.Value) {
	switch name {
	case "ResultURLs":
		value.Set(reflect.ValueOf([]string{"https://cdn.example.com/1.png"}))
	case "Ops":
		for _, op := range []credits.Op{&credits.GrantParams{}, &credits.ChargeParams{}, &credits.HoldParams{}}[:1+h.rand.IntN(3)] {
			p := reflect.ValueOf(op).Elem()
			h.fill(p)
			value.Set(reflect.Append(value, p))
		}
	}
}

// plainAEAD seals without hiding anything, the same each time.
type plainAEAD struct{}

func (plainAEAD) Encrypt(plaintext, name []byte) ([]byte, error) {
	return slices.Concat(name, []byte{0}, plaintext), nil
}

func (plainAEAD) Decrypt(sealed, name []byte) ([]byte, error) {
	of, plaintext, _ := bytes.Cut(sealed, []byte{0})
	if !bytes.Equal(of, name) {
		return nil, errors.New("sealed for another name")
	}
	return plaintext, nil
}

func (h *drawn) when(name string, value reflect.Value) {
	switch at := h.at; name {
	case "At":
		value.Set(reflect.ValueOf(at))
	case "ExpiresAt", "To":
		value.Set(reflect.ValueOf(at.AddDate(0, 0, 1+h.rand.IntN(60))))
	case "PeriodStart": // the first of a month, so that periods meet
		value.Set(reflect.ValueOf(time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)))
	case "PeriodEnd":
		value.Set(reflect.ValueOf(time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)))
	case "From":
		value.Set(reflect.ValueOf(at.AddDate(0, 0, -h.rand.IntN(60))))
	}
}

func (h *drawn) number(name string, typ reflect.Type) int64 {
	switch {
	case name == "MaxAhead":
		return 0
	case name == "Rating":
		return int64(h.rand.IntN(7))
	case typ == reflect.TypeFor[time.Duration]():
		return int64(h.rand.IntN(3)) * int64(6*time.Hour)
	case h.rand.IntN(20) == 0:
		return []int64{-5, 1 << 31, 1<<31 - 1}[h.rand.IntN(3)]
	}
	return int64(h.rand.IntN(40))
}

// text draws one by the field's name.
func (h *drawn) text(name string, typ reflect.Type) string {
	of := func(values ...string) string { return values[h.rand.IntN(len(values))] }
	switch {
	case name == "UserUUID" && slices.Contains([]string{"stats", "expiring", "rebuild", "count", "listfeedback", "list"}, h.verb):
		return of(append(h.users(), "")...) // of all accounts, too
	case strings.HasSuffix(name, "UUID"):
		return of(h.users()...)
	case name == "Key": // one pool for each verb, and now and then another's
		return of(h.verb, h.verb, h.verb, h.verb, "charge", "grant") + fmt.Sprint(h.rand.IntN(4))
	case strings.HasSuffix(name, "Key"): // ChargeKey, GrantKey, HoldKey
		return strings.ToLower(strings.TrimSuffix(name, "Key")) + fmt.Sprint(h.rand.IntN(4))
	case name == "Source" || name == "Ref":
		return fmt.Sprint("k", h.rand.IntN(6))
	case name == "OrderNo":
		return of("", "o-1", "o-2", "O-2", "o-3", "o-é", "o-4 ")
	case name == "GenID":
		return of("gen_1", "gen_2", "GEN_2")
	case name == "Currency":
		return of("USD", "usd", "EUR")
	case name == "PayRef":
		return of("pi_1", "pi_2")
	case typ == reflect.TypeFor[orders.PayType]():
		return of(string(orders.PayTypeStripe), string(orders.PayTypeCreem))
	case typ == reflect.TypeFor[orders.Interval]():
		return of(string(orders.IntervalOneTime), string(orders.IntervalOneTime), string(orders.IntervalMonth))
	case typ == reflect.TypeFor[orders.SubscriptionStatus]():
		return of("active", "active", "trialing", "past_due", "cancelled")
	case typ == reflect.TypeFor[users.Provider]():
		return of(string(users.ProviderGoogle), string(users.ProviderGitHub))
	case name == "Policy":
		return of("debt", "forgive", "")
	}
	return h.other(name, of)
}

func (h *drawn) other(name string, of func(...string) string) string {
	switch name {
	case "Type":
		return of("", "", "bonus", "Bonus", "system_add")
	case "AIType":
		return of("image", "video", "text")
	case "Provider":
		return of("kling", "openai", "nobody")
	case "Model":
		return of("kling-v1", "dall-e-3")
	case "Outcome":
		return of("open", "won", "lost", "reinstated")
	case "Prompt", "Content", "Reason", "Message", "Nickname", "ProductName":
		return of("a cat", "Äpfel 🍏", "", "trailing ", "'; --")
	case "Email":
		return of("", "ann@example.com", "Ann@Example.com", "bob@example.com")
	case "Subject":
		return of("s1", "S1", "s2")
	case "SubID":
		return of("", "sub_1", "sub_1", "SUB_1")
	case "Name":
		return of("openai", "kling")
	case "Slug":
		return of("", "a-post", "A-Post", "über-uns")
	case "Title": // of letters: the slug of others is drawn at random
		return of("A post", "a POST", "Über uns")
	case "Query":
		return of("post", "ANN", "%", "_")
	case "Locale", "FallbackLocale":
		return of("", "en", "de")
	case "ProductID":
		return of("pro", "pro", "pro", "")
	case "Invoice":
		return of("", "in_1", "in_2")
	case "PriceID":
		return of("price_1", "price_2")
	case "ModelConfig":
		return of("", `{"prices": {"kling-v1": 5}}`, `{"b": 1, "a": [1, 2.5]}`, "{")
	case "After":
		return of(append(h.users(), "")...)
	case "ReferrerCode", "InviteCode", "Cursor", "AvatarURL":
		return ""
	}
	return ""
}
