package chameleon_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/wire"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// verbs are the functions that take texts from outside: each has the shape
// func(ctx, bun.IDB, Params) (…, error).
func verbs() []any {
	return []any{
		credits.Adjust, credits.Adopt, credits.Balance, credits.BalanceAt, credits.Capture, credits.Charge, credits.ClawBack, credits.ExpireDue,
		credits.ExpiringSoon, audit.ExportHeads, credits.Extend, credits.GetHold, credits.GetOperation, credits.Grant,
		credits.GrantNewUserCredits, audit.Head, credits.Hold, credits.ListHolds, credits.Ping, credits.Post, audit.Rebuild,
		credits.Adopt, credits.Redact, credits.Refund, credits.Release, credits.Statement, credits.Stats, credits.Totals, audit.Verify, credits.Void,
		credits.CheckTime, credits.Emit, credits.GetBudget, credits.SetBudget, credits.ListAhead, credits.NoticeExpiring, credits.Overdraw, credits.ResetClock, credits.SetLowBalance,
		events.Discard, events.Forget, events.List, events.ListParked, events.Purge, events.Retry,
		users.Count, users.Create, users.Delete, users.Get, users.GetWithCredits, users.LinkIdentity, users.List, users.ListIdentities,
		users.Referrals, users.Search, users.SetReferrer, users.SignIn, users.SignUpsPerDay, users.UnlinkIdentity, users.Update,
		orders.Cancel, orders.Create, orders.Dispute, orders.EndSubscription, orders.FailRenewal, orders.Forget, orders.Get, orders.List,
		orders.GetSubscription, orders.LinkPayment, orders.ListAll, orders.ListPayments, orders.ListSubscriptions, orders.MarkFailed, orders.MarkPaid, orders.PayOut,
		orders.Prorate, orders.Refund, orders.Renew, orders.Revenue, orders.StartTrial, orders.SyncSubscription,
		affiliates.Approve, affiliates.ConvertToCredits, affiliates.Forget, affiliates.Get, affiliates.GetSummary, affiliates.List,
		affiliates.ListAll, affiliates.MarkPaid, affiliates.Record, affiliates.Reduce, affiliates.Reject, affiliates.Restate,
		generations.ChargeGeneration, generations.Complete, generations.CountByStatus, generations.Extend, generations.Fail,
		generations.FailStuck, generations.Forget, generations.Get, generations.HoldGeneration, generations.List,
		generations.ProviderPrices, generations.Settle, generations.Start, generations.Stats,
		apikeys.Authenticate, apikeys.Create, apikeys.Forget, apikeys.Get, apikeys.Inspect, apikeys.List, apikeys.Rename, apikeys.Revoke,
		content.CreatePost, content.DeleteFeedback, content.DeletePost, content.FeedbackStats, content.Forget, content.GetBySlug,
		content.GetPost, content.ListAll, content.ListFeedback, content.ListPublished, content.Publish, content.ReleaseSlug, content.SubmitFeedback,
		content.Unpublish, content.UpdatePost,
		providers.Delete, providers.Disable, providers.Enable, providers.Find, providers.Get, providers.List, providers.Put,
		providers.RotateKeys, providers.SetModelConfig,
		chameleon.DeleteUser,
	}
}

// mark is in every injected text, and nowhere else.
const mark = "zqxj"

func injections() []string {
	return []string{
		mark + `'; DELETE FROM users; --`, mark + `\'; DELETE FROM users; --`, mark + `\`, mark + "縗'; DROP TABLE users; #",
		mark + "\" OR 1=1 `); DELETE FROM users; /* ?0 ?1 $1 :a %s %_ ' || (SELECT 1/0) || '", mark + "\x00'", mark + "\xbf\x27 OR 1=1",
	}
}

// TestInjectionThroughEveryVerb puts hostile texts into every text of every
// verb's parameters, in sessions whose defaults are hostile, too. Each is
// refused by a typed error that leaves the transaction usable, or stored byte
// for byte; what belongs to somebody else never changes.
func TestInjectionThroughEveryVerb(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db := hostileHandle(t, env)
		subject, bystander := populate(t, db, "subject"), populate(t, db, "bystander")
		before := rowsOf(t, tableRows(t, db), bystander)
		require.NotEmpty(t, before)
		for _, verb := range verbs() {
			f := reflect.ValueOf(verb)
			base := fill(reflect.New(f.Type().In(2)).Elem(), subject)
			for _, field := range texts(base, "") {
				inject(t, db, f, subject, field, func(stored [][]string) {
					assert.Equal(t, before, rowsOf(t, stored, bystander), "%v%s", f.Type().In(2), field)
				})
			}
		}
		assert.Equal(t, before, rowsOf(t, tableRows(t, db), bystander))
	})
}

// hostileHandle opens env where the server's defaults make quoting go wrong.
func hostileHandle(t *testing.T, env *enginetest.Env) *bun.DB {
	t.Helper()
	u := env.URL
	switch env.Engine {
	case dialect.PostgreSQL:
		name := database(t, env.DB)
		for _, setting := range []string{"standard_conforming_strings = off", "client_encoding = SJIS", "bytea_output = escape"} {
			_, err := env.DB.ExecContext(t.Context(), "ALTER DATABASE ? SET ?", bun.Ident(name), bun.Safe(setting))
			require.NoError(t, err)
		}
	case dialect.MySQL, dialect.MariaDB:
		u = wire.HostileMySQL(t, env.URL, "SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT', "+
			"character_set_client = gbk, character_set_connection = gbk")
	}
	db, err := chameleon.Open(t.Context(), u, chameleon.WithPoolSize(4))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// populate makes a user with something of everything, and returns the uuid.
func populate(t *testing.T, db *bun.DB, name string) string {
	t.Helper()
	ctx := t.Context()
	created, err := users.Create(ctx, db, users.CreateParams{Email: name + "@example.com", Nickname: name})
	require.NoError(t, err)
	user := created.User.UUID
	_, err = orders.Create(ctx, db, orders.CreateParams{
		OrderNo: name, UserUUID: user, ProductID: "p", Amount: 100, Currency: "USD", PayType: orders.PayTypeStripe,
		Interval: orders.IntervalOneTime, Credits: 10,
	})
	require.NoError(t, err)
	_, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 1, Key: name, GenID: "gen_" + name})
	require.NoError(t, err)
	_, err = content.SubmitFeedback(ctx, db, content.SubmitFeedbackParams{UserUUID: user, Content: name, Rating: 5})
	require.NoError(t, err)
	_, err = apikeys.Create(ctx, db, apikeys.CreateParams{UserUUID: user, Name: name})
	require.NoError(t, err)
	return user
}

// fill gives every field of v a value that as many verbs as possible accept.
func fill(v reflect.Value, user string) reflect.Value {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return v // now
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if text, known := goodTexts(user)[name]; known && v.Field(i).Kind() == reflect.String {
				v.Field(i).SetString(text)
			} else if v.Field(i).CanSet() {
				fill(v.Field(i), user)
			}
		}
	case reflect.Pointer:
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.New(v.Type().Elem()))
			v.Elem().SetString("text")
		}
	case reflect.Slice:
		if kind := v.Type().Elem().Kind(); kind == reflect.String || kind == reflect.Struct {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), user)
		}
	case reflect.Map:
		if v.Type() == reflect.TypeFor[map[string]any]() {
			v.Set(reflect.ValueOf(map[string]any{"key": "text"}))
		}
	case reflect.String:
		v.SetString("text")
	case reflect.Int64, reflect.Int:
		if v.Type() != reflect.TypeFor[time.Duration]() {
			v.SetInt(1)
		}
	}
	return v
}

// goodTexts are values by the names of fields.
func goodTexts(user string) map[string]string {
	return map[string]string{
		"UserUUID": user, "UUID": user, "CustomerUUID": user, "ReferrerUUID": "", "Email": "new@example.com", "InviteCode": "", "Cursor": "",
		"OrderNo": "subject", "Currency": "USD", "PayType": "stripe", "Interval": "one-time", "SubID": "", "Policy": "", "Provider": "openai",
		"AvatarURL": "https://example.com/a.png", "AIType": "text", "Type": "", "GenID": "", "Prefix": "", "Slug": "", "Locale": "en", "Status": "",
		"Key": "key", "ModelConfig": "{}", "Kind": "",
	}
}

// texts are the paths of v's texts.
func texts(v reflect.Value, path string) (found []string) {
	switch v.Kind() {
	case reflect.String:
		return []string{path}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Type != reflect.TypeFor[time.Time]() {
				found = append(found, texts(v.Field(i), path+"."+f.Name)...)
			}
		}
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.Kind() == reflect.Map && v.Len() > 0 {
			return []string{path}
		}
		if v.Kind() == reflect.Slice && v.Len() > 0 {
			return texts(v.Index(0), path+".0")
		}
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			return texts(v.Elem(), path+".*")
		}
	}
	return found
}

// setText sets the text at path.
func setText(v reflect.Value, path, text string) {
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "."), ".") {
		switch {
		case step == "*":
			v = v.Elem()
		case step == "0" && v.Kind() == reflect.Slice:
			v = v.Index(0)
		case step != "":
			v = v.FieldByName(step)
		}
	}
	if v.Kind() == reflect.Map {
		v.Set(reflect.ValueOf(map[string]any{text: text, "nested": []any{map[string]any{"key": text}}}))
		return
	}
	v.SetString(text)
}

// inject calls verb with every hostile text in one place, in a transaction that
// is undone.
func inject(t *testing.T, db *bun.DB, verb reflect.Value, subject, path string, unchanged func(stored [][]string)) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	name := verb.Type().In(2).String() + path
	for _, text := range injections() {
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		params := fill(reflect.New(verb.Type().In(2)).Elem(), subject)
		setText(params, path, text)
		results := verb.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(tx), params})
		if err, failed := reflect.TypeAssert[error](results[len(results)-1]); failed && err != nil {
			refusedTyped(t, name, text, err)
			var n int
			require.NoError(t, tx.QueryRowContext(ctx, "SELECT count(*) FROM users").Scan(&n), "%s: lost after %q", name, text)
			assert.Equal(t, 2, n, "%s with %q", name, text)
		} else {
			stored := tableRows(t, tx)
			storedWhole(t, stored, name, text)
			unchanged(stored)
		}
		require.NoError(t, tx.Rollback())
	}
}

// refusedTyped: the text never reached the engine in a form that it objects to.
func refusedTyped(t *testing.T, name, text string, err error) {
	t.Helper()
	if _, engines := errors.AsType[*dialect.Error](err); engines {
		assert.Fail(t, "an engine's error", "%s with %q: %v", name, text, err)
	}
}

// slug is what a title becomes in an address.
var slug = regexp.MustCompile(`^[a-z/]*` + mark + `[\p{L}a-z0-9-]*$`)

// storedWhole looks for the mark in every column of every table: where it is,
// all of the text is. What a provider says of a failure or calls its user is never
// refused, but made fit; a slug is made from a title; names are searched folded.
func storedWhole(t *testing.T, stored [][]string, name, text string) {
	t.Helper()
	switch {
	case strings.HasSuffix(name, ".Reason"):
		text = valid.Storable(text)
	case strings.HasSuffix(name, ".Profile.Name"):
		text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", ""))
	}
	searched := norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
	for _, cell := range slices.Concat(stored...) {
		isSlug := strings.HasPrefix(name, "content.") && slug.MatchString(cell)
		isSearched := strings.HasPrefix(name, "users.") && cell == searched
		if strings.Contains(cell, mark) && !strings.Contains(cell, text) && !holds(cell, text) && !isSlug && !isSearched {
			assert.Fail(t, "not byte for byte", "%s stored %q of %q", name, cell, text)
		}
	}
}

// holds reports whether cell is JSON with text in it.
func holds(cell, text string) bool {
	var value any
	if json.Unmarshal([]byte(cell), &value) != nil {
		return false
	}
	var within func(v any) bool
	within = func(v any) bool {
		switch v := v.(type) {
		case string:
			return strings.Contains(v, text)
		case []any:
			return slices.ContainsFunc(v, within)
		case map[string]any:
			for key, element := range v {
				if strings.Contains(key, text) || within(element) {
					return true
				}
			}
		}
		return false
	}
	return within(value)
}

// rowsOf are the stored rows that name the user.
func rowsOf(t *testing.T, stored [][]string, user string) (rows []string) {
	t.Helper()
	_, err := uuid.Parse(user)
	require.NoError(t, err)
	for _, row := range stored {
		if slices.Contains(row, user) {
			rows = append(rows, strings.Join(row, "|"))
		}
	}
	slices.Sort(rows)
	return rows
}

// tableRows are all rows of all tables, each behind its table's name.
func tableRows(t *testing.T, db bun.IDB) (all [][]string) {
	t.Helper()
	for _, model := range chameleon.Models() {
		table := db.Dialect().Tables().Get(reflect.TypeOf(model)).Name
		rows, err := db.QueryContext(context.WithoutCancel(t.Context()), "SELECT * FROM ?", bun.Ident(table))
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values, targets := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				targets[i] = &values[i]
			}
			require.NoError(t, rows.Scan(targets...))
			row := []string{table}
			for _, v := range values {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				row = append(row, fmt.Sprint(v))
			}
			all = append(all, row)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close()) //nolint:sqlclosecheck // in each turn of the loop
	}
	return all
}
