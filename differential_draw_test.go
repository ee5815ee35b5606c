package chameleon_test

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/orders"
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
		if !field.IsExported() {
			continue
		}
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
		case reflect.Struct:
			if field.Anonymous { // what several verbs ask for
				h.fill(value)
			}
			h.when(field.Name, value)
		case reflect.Slice:
			if field.Name == "ResultURLs" {
				value.Set(reflect.ValueOf([]string{"https://cdn.example.com/1.png"}))
			}
		}
	}
}

func (h *drawn) when(name string, value reflect.Value) {
	if value.Type() != reflect.TypeFor[time.Time]() {
		return
	}
	switch at := h.at; name {
	case "At":
		value.Set(reflect.ValueOf(at))
	case "ExpiresAt", "Until", "To":
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
	case name == "UserUUID" || name == "UUID":
		return of(h.users()...)
	case name == "Key": // one pool for each verb, and now and then another's
		return of(h.verb, h.verb, h.verb, h.verb, "charge", "grant") + fmt.Sprint(h.rand.IntN(6))
	case strings.HasSuffix(name, "Key"): // ChargeKey, GrantKey, HoldKey
		return strings.ToLower(strings.TrimSuffix(name, "Key")) + fmt.Sprint(h.rand.IntN(6))
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
		return of("", "", "sub_1", "SUB_1")
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
	case "ReferrerCode", "InviteCode", "Cursor", "AvatarURL":
		return ""
	}
	return ""
}
