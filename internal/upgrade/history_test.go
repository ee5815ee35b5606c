package upgrade

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/testring"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// began is when the product's history starts.
var began = time.Date(2026, 11, 1, 9, 0, 0, 123456000, time.UTC)

// day is a moment of the history.
func day(n int) time.Time { return began.AddDate(0, 0, n) }

// historian writes a history with everything that an old database can hold.
type historian struct {
	t     *testing.T
	db    *bun.DB
	facts *facts
}

// must returns what a verb returned, which must not have failed.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// write makes the history and returns what is to be known of it afterwards.
func write(t *testing.T, db *bun.DB) *facts {
	h := &historian{t: t, db: db, facts: new(facts)}
	h.people()
	h.payments()
	h.ledger()
	h.work()
	h.rest()
	h.facts.Accounts = accounts(t, db)
	return h.facts
}

func (h *historian) people() {
	t, ctx := h.t, h.t.Context()
	ada := must(users.Create(ctx, h.db, users.CreateParams{
		Email: "Ada@Example.com", Nickname: "Ada \\ 'Λ'", At: day(0),
	}))(t).User
	bob := must(users.SignIn(ctx, h.db, users.SignInParams{
		Profile:    users.Profile{Provider: users.ProviderGoogle, Subject: "g-1", Email: "bob@example.com", EmailVerified: true},
		InviteCode: ada.InviteCode, At: day(0),
	}))(t).User
	gone := must(users.Create(ctx, h.db, users.CreateParams{Email: "gone@example.com", At: day(0)}))(t).User
	must(credits.Charge(ctx, h.db, credits.ChargeParams{
		UserUUID: gone.UUID, Amount: 5, Key: "gone-1", Metadata: map[string]any{"ip": "192.0.2.7"}, At: day(1),
	}))(t)
	must(chameleon.DeleteUser(ctx, h.db, chameleon.DeleteUserParams{UserUUID: gone.UUID, At: day(1)}))(t)
	h.facts.Ada, h.facts.Bob, h.facts.Gone = ada.UUID, bob.UUID, gone.UUID
}

func (h *historian) payments() {
	t, ctx, f := h.t, h.t.Context(), h.facts
	create := func(no string, interval orders.Interval, sub string) {
		must(orders.Create(ctx, h.db, orders.CreateParams{
			OrderNo: no, UserUUID: f.Bob, ProductID: "pro", Amount: 1999, Currency: "USD", PayType: orders.PayTypeStripe,
			Interval: interval, SubID: sub, Credits: 1000, At: day(2),
		}))(t)
	}
	create("once", orders.IntervalOneTime, "")
	create("waiting", orders.IntervalOneTime, "")
	create("monthly", orders.IntervalMonth, "sub_1")
	must(orders.MarkPaid(ctx, h.db, orders.MarkPaidParams{OrderNo: "once", PayRef: "pi_once", At: day(2)}))(t)
	must(orders.MarkPaid(ctx, h.db, orders.MarkPaidParams{
		OrderNo: "monthly", PayRef: "pi_monthly", SubID: "sub_1",
		PeriodStart: day(2), PeriodEnd: day(12), At: day(2),
	}))(t)
	must(orders.Renew(ctx, h.db, orders.RenewParams{
		SubID: "sub_1", PeriodStart: day(12), PeriodEnd: day(12).AddDate(1, 0, 0), PayRef: "pi_renewal",
		Paid: &orders.Money{Amount: 1999, Currency: "USD"}, At: day(12),
	}))(t)
	must(orders.Refund(ctx, h.db, orders.RefundParams{OrderNo: "once", Total: 500, At: day(13)}))(t)
	earned := must(affiliates.List(ctx, h.db, affiliates.ListParams{UserUUID: f.Ada}))(t).Items
	require.NotEmpty(t, earned)
	last := earned[len(earned)-1]
	must(affiliates.Approve(ctx, h.db, affiliates.ReviewParams{ID: last.ID, UserUUID: f.Ada, At: day(13)}))(t)
	must(affiliates.ConvertToCredits(ctx, h.db, affiliates.ConvertToCreditsParams{ID: last.ID, UserUUID: f.Ada, At: day(13)}))(t)
}

func (h *historian) ledger() {
	t, ctx, ada := h.t, h.t.Context(), h.facts.Ada
	must(credits.Grant(ctx, h.db, credits.GrantParams{
		UserUUID: ada, Amount: 500, Type: "promo", Key: "promo", Paid: true, ExpiresAt: day(400), At: day(14),
	}))(t)
	must(credits.Grant(ctx, h.db, credits.GrantParams{
		UserUUID: ada, Amount: 30, Type: "promo", Key: "brief", ExpiresAt: day(15), At: day(14),
	}))(t)
	must(credits.Charge(ctx, h.db, credits.ChargeParams{
		UserUUID: ada, Amount: 120, Key: "charge", Metadata: map[string]any{"ip": "192.0.2.8"}, At: day(14),
	}))(t)
	must(credits.Refund(ctx, h.db, credits.RefundParams{UserUUID: ada, ChargeKey: "charge", Amount: 20, At: day(16)}))(t)
	must(credits.Hold(ctx, h.db, credits.HoldParams{UserUUID: ada, Amount: 40, Key: "captured", Timeout: time.Hour, At: day(16)}))(t)
	must(credits.Capture(ctx, h.db, credits.CaptureParams{UserUUID: ada, HoldKey: "captured", Amount: 15, At: day(16)}))(t)
	must(credits.Hold(ctx, h.db, credits.HoldParams{
		UserUUID: ada, Amount: 50, Key: "open", Timeout: 20 * 365 * 24 * time.Hour, At: day(16),
	}))(t)
	must(credits.Hold(ctx, h.db, credits.HoldParams{UserUUID: ada, Amount: 5, Key: "lapsed", Timeout: time.Minute, At: day(16)}))(t)
	must(credits.Grant(ctx, h.db, credits.GrantParams{UserUUID: ada, Amount: 400, Type: "promo", Key: "taken", At: day(17)}))(t)
	must(credits.Charge(ctx, h.db, credits.ChargeParams{UserUUID: ada, Amount: 900, Key: "large", At: day(17)}))(t)
	must(credits.ClawBack(ctx, h.db, credits.ClawBackParams{UserUUID: ada, GrantKey: "taken", Total: 400, At: day(17)}))(t)
	must(credits.Ping(ctx, h.db, credits.PingParams{UserUUID: h.facts.Bob, At: day(17)}))(t)
}

func (h *historian) work() {
	t, ctx, bob := h.t, h.t.Context(), h.facts.Bob
	image := generations.ChargeParams{
		UserUUID: bob, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a cat", At: day(18),
	}
	for _, key := range []string{"pending", "completed", "failed"} {
		image.Key, image.GenID = key, "gen_"+key
		must(generations.ChargeGeneration(ctx, h.db, image))(t)
	}
	must(generations.Complete(ctx, h.db, generations.CompleteParams{
		GenID: "gen_completed", ResultURLs: []string{"https://example.com/1.png"}, At: day(18),
	}))(t)
	must(generations.Fail(ctx, h.db, generations.FailParams{GenID: "gen_failed", Message: "refused", At: day(18)}))(t)
	must(generations.HoldGeneration(ctx, h.db, generations.HoldParams{
		UserUUID: bob, AIType: generations.TypeText, Provider: "openai", Model: "gpt", Prompt: "a poem",
		MaxCost: 60, Timeout: 20 * 365 * 24 * time.Hour, GenID: "gen_held", Key: "held", At: day(18),
	}))(t)
}

func (h *historian) rest() {
	t, ctx, f := h.t, h.t.Context(), h.facts
	f.APIKey = must(apikeys.Create(ctx, h.db, apikeys.CreateParams{UserUUID: f.Bob, Name: "laptop", At: day(19)}))(t).Secret.Reveal()
	ring := must(testring.New())(t)
	f.Keyset = must(ring.Export())(t)
	must(providers.Put(ctx, h.db, providers.PutParams{
		Provider: providers.OpenAI, Key: providers.NewSecret("sk-test"), AEAD: ring, At: day(19),
	}))(t)
	must(content.CreatePost(ctx, h.db, content.CreatePostParams{
		Title: "Привет, мир", Content: "# Hi\n\\n 'x'", Locale: "ru", Publish: true, At: day(19),
	}))(t)
	must(content.SubmitFeedback(ctx, h.db, content.SubmitFeedbackParams{UserUUID: f.Ada, Content: "good", Rating: 5, At: day(19)}))(t)
}
