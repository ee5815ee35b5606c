package chameleon_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// differentialSteps is the length of a history where CHAMELEON_DIFFERENTIAL does
// not say another.
const differentialSteps = 200

// TestEnginesAgree runs one random history of verbs on all engines and holds
// results, lists, statements, balances and errors against each other after every
// step: what an application sees does not depend on the engine. By itself it takes
// the same history every time; make differential draws another.
func TestEnginesAgree(t *testing.T) {
	steps, seed := differentialSteps, uint64(1)
	if s := os.Getenv("CHAMELEON_DIFFERENTIAL"); s != "" {
		var err error
		steps, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	if s := os.Getenv("CHAMELEON_DIFFERENTIAL_SEED"); s != "" {
		var err error
		seed, err = strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("CHAMELEON_DIFFERENTIAL_SEED=%d repeats this history", seed)
	envs := everyEngine(t)
	h := &drawn{never: map[string]error{}, rand: rand.New(rand.NewPCG(seed, 0)), at: time.Date(1996, 1, 31, 23, 0, 0, 0, time.UTC)} // far from the clocks' now
	for _, user := range h.users() {
		_ = h.agree(t, envs, users.Create, users.CreateParams{UUID: user, Email: user + "@example.com", At: h.at})
	}
	h.spell(t, envs)
	verbs := differentialVerbs()
	for range steps {
		verb := verbs[h.rand.IntN(len(verbs))]
		p := reflect.New(reflect.TypeOf(verb).In(2)).Elem()
		h.verb = strings.ToLower(strings.TrimSuffix(p.Type().Name(), "Params"))
		h.fill(p)
		_ = h.agree(t, envs, verb, p.Interface())
		h.at = h.at.Add(time.Duration(h.rand.Int64N(int64(12 * time.Hour)))).Truncate(time.Microsecond)
	}
	for _, user := range h.users() {
		_ = h.agree(t, envs, credits.Balance, credits.BalanceParams{UserUUID: user, At: h.at})
		_ = h.agree(t, envs, credits.Statement, credits.StatementParams{UserUUID: user, Limit: 100})
	}
	_ = h.agree(t, envs, credits.Verify, credits.VerifyParams{})
	require.Greater(t, h.succeeded, steps/4, "a history of refusals shows little")
	for name, refused := range h.never {
		if refused != nil {
			t.Logf("refused each time: %s, last with: %v", name, refused)
		}
	}
}

func differentialVerbs() []any {
	ledger := []any{
		credits.Adjust, credits.Balance, credits.BalanceAt, credits.Capture, credits.Charge, credits.ClawBack, credits.Extend, credits.GetHold,
		credits.GetOperation, credits.Grant, credits.GrantNewUserCredits, credits.Hold, credits.ListHolds, credits.Ping, credits.Refund,
		credits.Release, credits.Statement, credits.Stats, credits.Void,
	}
	writes := []any{credits.Grant, credits.Charge, credits.Charge, credits.Hold, credits.Capture, credits.Refund, credits.ClawBack}
	return slices.Concat(ledger, writes, writes, []any{
		users.Count, users.Get, users.GetWithCredits, users.List, users.Referrals, users.SetReferrer, users.Update,
		orders.Cancel, orders.Create, orders.Create, orders.Get, orders.List, orders.ListAll, orders.MarkFailed, orders.MarkPaid, orders.MarkPaid,
		orders.Refund, orders.Revenue, orders.Renew, orders.FailRenewal, orders.EndSubscription, orders.ListPayments, orders.Dispute,
		affiliates.GetSummary, affiliates.List, affiliates.ListAll,
		users.SignIn, users.LinkIdentity, users.UnlinkIdentity, users.ListIdentities, users.Search,
		providers.Find, providers.List, providers.SetModelConfig, providers.Enable, providers.Disable,
		apikeys.List, apikeys.Inspect,
		content.CreatePost, content.CreatePost, content.GetBySlug, content.ListPublished, content.ListAll,
		generations.ChargeGeneration, generations.ChargeGeneration, generations.Complete, generations.CountByStatus, generations.Fail,
		generations.Get, generations.HoldGeneration, generations.List, generations.Settle, generations.Start,
		content.SubmitFeedback, content.FeedbackStats, content.ListFeedback,
	})
}

// everyEngine returns a database on each engine that the tests have.
func everyEngine(t *testing.T) []*enginetest.Env {
	t.Helper()
	var envs []*enginetest.Env
	for _, engine := range []dialect.Engine{dialect.SQLite, dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		envs = append(envs, enginetest.New(t, engine))
	}
	return envs
}

// drawn is a random history: it draws what happens next.
type drawn struct {
	rand      *rand.Rand
	at        time.Time
	verb      string // whose parameters are drawn
	succeeded int
	never     map[string]error // what verbs were refused with last that never did anything
}

// agree calls a verb on every engine at once, and compares. A list is read on to
// its end, by each engine's own cursors. It returns what they refused, if they did.
func (h *drawn) agree(t *testing.T, envs []*enginetest.Env, verb, params any) error {
	t.Helper()
	var refused error
	all := make([]reflect.Value, len(envs))
	for i := range all {
		all[i] = reflect.New(reflect.TypeOf(params)).Elem()
		all[i].Set(reflect.ValueOf(params))
	}
	for page := 1; ; page++ {
		answers := h.ask(t, envs, verb, all)
		more := false
		for i, answer := range answers {
			require.Equal(t, answers[0].told, answer.told, "page %d of %s and %s, by %T %+v",
				page, envs[0].Engine, envs[i].Engine, params, params)
			if answer.next != "" && all[i].FieldByName("Cursor").IsValid() {
				all[i].FieldByName("Cursor").SetString(answer.next)
				more = true
			}
		}
		if page == 1 {
			refused = answers[0].err
		}
		if name := runtime.FuncForPC(reflect.ValueOf(verb).Pointer()).Name(); page == 1 && refused == nil {
			h.succeeded++
			h.never[name] = nil
		} else if last, known := h.never[name]; page == 1 && (!known || last != nil) {
			h.never[name] = refused
		}
		if !more {
			return refused
		}
		require.Less(t, page, 1000, "a list without an end")
	}
}

// answer is what one engine said: as it is compared, and where it goes on.
type answer struct {
	told, next string
	err        error
}

func (*drawn) ask(t *testing.T, envs []*enginetest.Env, verb any, params []reflect.Value) []answer {
	t.Helper()
	answers := make([]answer, len(envs))
	var all sync.WaitGroup
	for i, env := range envs {
		all.Go(func() {
			out := reflect.ValueOf(verb).Call([]reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(env.DB), params[i]})
			err, _ := reflect.TypeAssert[error](out[1])
			answers[i] = answer{told: tell(out[0], err), err: err}
			if result := reflect.Indirect(out[0]); err == nil && result.Kind() == reflect.Struct {
				if next := result.FieldByName("Next"); next.IsValid() && next.Kind() == reflect.String {
					answers[i].next = next.String()
				}
			}
		})
	}
	all.Wait()
	return answers
}

// tell writes what a caller is told, without what is drawn at random or given by
// the engine: row ids, new uuids, invite codes, salts and what is made of them,
// cursors.
func tell(result reflect.Value, err error) string {
	var b strings.Builder
	if err == nil {
		describe(&b, result)
		return randomName().ReplaceAllString(b.String(), "<drawn>")
	}
	for _, engine := range []dialect.Engine{dialect.SQLite, dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		if failure := string(engine) + ": "; strings.HasPrefix(err.Error(), failure) {
			return fmt.Sprintf("%T %s", err, strings.TrimPrefix(err.Error(), failure))
		}
	}
	fmt.Fprintf(&b, "%T %s ", err, randomName().ReplaceAllString(err.Error(), "<drawn>"))
	if v := reflect.ValueOf(err); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		describe(&b, v)
	}
	return b.String()
}

// randomName finds uuids of version 7, order numbers and generations' ids that were
// drawn.
func randomName() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|ORD[A-Z2-7]{26}|gen_[0-9A-Za-z]{20,}`)
}

func describe(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		describe(b, v.Elem())
	case reflect.Struct:
		if at, ok := reflect.TypeAssert[time.Time](v); ok {
			b.WriteString(at.UTC().Format(time.RFC3339Nano))
			return
		}
		describeFields(b, v)
	case reflect.Slice, reflect.Array:
		b.WriteByte('[')
		for i := range v.Len() {
			describe(b, v.Index(i))
			b.WriteString(", ")
		}
		b.WriteByte(']')
	default:
		fmt.Fprintf(b, "%#v", v.Interface())
	}
}

func describeFields(b *strings.Builder, v reflect.Value) {
	fmt.Fprintf(b, "%s{", v.Type())
	for field, value := range v.Fields() {
		switch field.Name {
		case "BaseModel", "ID", "CallID": // how a row is found, and how it was written
			continue
		}
		if !field.IsExported() {
			continue
		}
		fmt.Fprintf(b, "%s: ", field.Name)
		switch field.Name {
		case "InviteCode", "Link", "Hash", "OpHash", "MetadataSalt", "Next", "NextCursor", "Cursor":
			fmt.Fprintf(b, "%t, ", !value.IsZero())
			continue
		}
		describe(b, value)
		b.WriteString(", ")
	}
	b.WriteByte('}')
}
