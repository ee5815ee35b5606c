package chameleon_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// differentialSteps is the length of a history where CHAMELEON_DIFFERENTIAL does
// not say another.
const differentialSteps = 240

// TestEnginesAgree runs one random history of verbs on all engines and holds
// results, lists, statements, balances and errors against each other after every
// step: what an application sees does not depend on the engine. By itself it takes
// the same history every time; make differential draws another.
func TestEnginesAgree(t *testing.T) {
	randomHistory(t, everyEngine(t))
}

// TestRoutersAgree is TestEnginesAgree on Citus and Vitess, where variables name
// them, beside a PostgreSQL that is laid out for shards.
func TestRoutersAgree(t *testing.T) {
	routers := enginetest.Routers(t)
	if len(routers) == 0 {
		t.Skipf("neither %s nor %s names a router", enginetest.CitusVariable, enginetest.VitessVariable)
	}
	t.Setenv(enginetest.ShardedVariable, "1")
	randomHistory(t, append([]*enginetest.Env{enginetest.New(t, dialect.PostgreSQL)}, routers...))
}

// randomHistory runs one on all envs.
func randomHistory(t *testing.T, envs []*enginetest.Env) {
	t.Helper()
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
	h := &drawn{never: map[string]error{}, made: map[string][][]any{}, rand: rand.New(rand.NewPCG(seed, 0)), at: time.Date(1996, 1, 31, 23, 0, 0, 0, time.UTC)} // far from the clocks' now
	for _, user := range h.users() {
		_ = h.agree(t, envs, users.Create, users.CreateParams{UserUUID: user, Email: user + "@example.com", At: h.at})
	}
	h.spell(t, envs)
	var deck []any // every verb is called once before any is again
	for range steps {
		if len(deck) == 0 {
			deck = differentialVerbs()
			h.rand.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		verb := deck[0]
		deck = deck[1:]
		p := reflect.New(reflect.TypeOf(verb).In(2)).Elem()
		h.verb = strings.ToLower(strings.TrimSuffix(p.Type().Name(), "Params"))
		h.fill(p)
		_ = h.agree(t, envs, verb, p.Interface())
		h.at = h.at.Add(time.Duration(h.rand.Int64N(int64(12 * time.Hour)))).Truncate(time.Microsecond)
	}
	for _, user := range h.users() {
		_ = h.agree(t, envs, credits.Balance, credits.BalanceParams{UserUUID: user, At: h.at})
		_ = h.agree(t, envs, credits.BalanceAt, credits.BalanceParams{UserUUID: user, At: h.at.AddDate(0, 0, -20)})
		_ = h.agree(t, envs, credits.Statement, credits.StatementParams{UserUUID: user, Limit: 100})
	}
	_ = h.agree(t, envs, credits.Stats, credits.StatsParams{Period: credits.PeriodWeek, From: h.at.AddDate(-1, 0, 0), To: h.at, At: h.at})
	_ = h.agree(t, envs, credits.ExpiringSoon, credits.ExpiringSoonParams{At: h.at.AddDate(0, 0, -20), Within: 1000 * time.Hour})
	h.forget(t, envs)
	_ = h.agree(t, envs, audit.Verify, audit.VerifyParams{})
	require.Greater(t, h.succeeded, steps/4, "a history of refusals shows little")
	for name, refused := range h.never {
		if refused != nil {
			t.Logf("refused each time: %s, last with: %v", name, refused)
		}
	}
}

// everyEngine returns a database on each engine that the tests have, as an account
// sees it that has the rights of docs/operations.md.
func everyEngine(t *testing.T) []*enginetest.Env {
	t.Helper()
	var envs []*enginetest.Env
	for _, engine := range []dialect.Engine{dialect.SQLite, dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		envs = append(envs, withDocumentedRights(t, enginetest.New(t, engine)))
	}
	return envs
}

// drawn is a random history: it draws what happens next.
type drawn struct {
	rand      *rand.Rand
	at        time.Time
	verb      string // whose parameters are drawn
	succeeded int
	never     map[string]error   // what verbs were refused with last that never did anything
	made      map[string][][]any // names that each engine gave: see remember
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
	h.place(all)
	within := h.rand.IntN(3) == 0 // a caller's transaction, which commits whatever the verb says
	for page := 1; ; page++ {
		answers := h.ask(t, envs, verb, all, within)
		more := false
		for i, answer := range answers {
			first, other := difference(answers[0].told, answer.told)
			require.Equal(t, first, other, "page %d of %s and %s, by %T %+v",
				page, envs[0].Engine, envs[i].Engine, params, params)
			if answer.next != "" && all[i].FieldByName("Cursor").IsValid() {
				all[i].FieldByName("Cursor").SetString(answer.next)
				more = true
			}
		}
		if page == 1 {
			refused = answers[0].err
			h.remember(verb, answers)
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

// difference is where two answers begin to differ, with what is around.
func difference(first, other string) (string, string) {
	const around = 400
	at := 0
	for at < len(first) && at < len(other) && first[at] == other[at] {
		at++
	}
	from := max(0, at-around)
	return first[from:min(at+around, len(first))], other[from:min(at+around, len(other))]
}

// answer is what one engine said: as it is compared, and where it goes on.
type answer struct {
	told, next string
	result     reflect.Value
	err        error
}

func (*drawn) ask(t *testing.T, envs []*enginetest.Env, verb any, params []reflect.Value, within bool) []answer {
	t.Helper()
	answers := make([]answer, len(envs))
	var all sync.WaitGroup
	for i, env := range envs {
		all.Go(func() {
			var out []reflect.Value
			call := func(db bun.IDB) {
				out = reflect.ValueOf(verb).Call([]reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(db), params[i]})
			}
			if within {
				assert.NoError(t, env.DB.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
					call(tx)
					return nil
				}), "COMMIT after %T", params[i].Interface())
			} else {
				call(env.DB)
			}
			err, _ := reflect.TypeAssert[error](out[len(out)-1])
			answers[i] = answer{told: tell(out[0], err), err: err, result: out[0]}
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
	fmt.Fprintf(&b, "%T %v ", err, err)
	if v := reflect.ValueOf(err); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		describe(&b, v)
	}
	return randomName().ReplaceAllString(b.String(), "<drawn>")
}

// randomName finds what was drawn at random or numbered by the engine: uuids of version
// 7, order numbers, generations' ids, salted hashes, and rows that are not found by those.
func randomName() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|ORD[A-Z2-7]{26}|gen_[0-9A-Za-z]{20,}|` +
		`redacted:sha256:[0-9a-f]{64}|not found: ID [0-9]+|commission [0-9]+|Field: "ID", Value: "[0-9]+"|not found: InviteCode \S+|Field: "InviteCode", Value: "[^"]*"`)
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
		case "Prefix": // of a key that was drawn
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
