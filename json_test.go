package chameleon_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/users"
)

var updateJSON = flag.Bool("update-json", false, "write testdata/json.json")

// shapes are a value of each type that a program would send to somebody.
func shapes() []any {
	return []any{
		chameleon.DeleteUserResult{},
		adopt.Report{},
		credits.Account{},
		credits.Entry{},
		credits.Operation{},
		credits.BalanceResult{},
		credits.StatementLine{},
		credits.HoldInfo{},
		credits.ExpiringSoonResult{Page: list.Page[credits.ExpiringGrant]{Items: []credits.ExpiringGrant{}}},
		credits.StatsResult{},
		credits.TotalsResult{},
		credits.ExpireDueResult{},
		credits.Outcome{},
		audit.VerifyReport{},
		audit.ChainHead{},
		audit.RebuildReport{},
		users.User{},
		users.Identity{},
		users.CreateResult{},
		users.SignInResult{},
		users.ReferralsResult{Page: list.Page[users.User]{Items: []users.User{}}},
		affiliates.Commission{},
		affiliates.Summary{},
		orders.Order{},
		orders.Payment{},
		orders.Subscription{},
		orders.Result{},
		orders.RevenueResult{},
		webhook.Result{},
		generations.Generation{},
		generations.Result{},
		generations.FailStuckResult{},
		content.Post{},
		content.Feedback{},
		content.FeedbackStatsResult{},
		generations.StatsResult{},
		apikeys.Key{},
		apikeys.Info{},
		apikeys.CreateResult{},
		apikeys.AuthenticateResult{},
		providers.Key{},
		providers.Info{},
		providers.Credential{},
		providers.RotateKeysResult{},
		schema.Result{},
		schema.PlanReport{},
		schema.StatusReport{},
		schema.UndoResult{},
	}
}

// TestJSON compares the JSON of values that are full with testdata/json.json, and
// finds nothing in that of empty ones that a reader would stumble over. Write the
// file with go test -run '^TestJSON$' -update-json .
func TestJSON(t *testing.T) {
	t.Parallel()
	full := map[string]any{}
	for _, shape := range shapes() {
		text, err := json.Marshal(shape)
		require.NoError(t, err, "%T", shape)
		assert.NotContains(t, string(text), "null", "%T", shape)
		assert.NotContains(t, string(text), "0001-01-01", "%T", shape)

		value := reflect.New(reflect.TypeOf(shape)).Elem()
		fillAll(value, "it", 4)
		full[value.Type().String()] = value.Interface()
	}
	text, err := json.MarshalIndent(full, "", "  ")
	require.NoError(t, err)
	if *updateJSON {
		require.NoError(t, os.WriteFile("testdata/json.json", append(text, '\n'), 0o644))
	}
	golden, err := os.ReadFile("testdata/json.json")
	require.NoError(t, err)
	assert.JSONEq(t, string(golden), string(text), "run go test -run '^TestJSON$' -update-json . and look at the difference")
}

// fillAll gives every field a value, a text its field's name. Depth bounds rows that
// hold rows.
func fillAll(v reflect.Value, name string, depth int) {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Date(2026, 1, 31, 12, 0, 0, 123_456_000, time.UTC)
		return
	case *error:
		*x = errors.New("refused")
		return
	case *apikeys.Secret:
		*x = apikeys.NewSecret("plaintext")
		return
	}
	switch v.Kind() { //nolint:exhaustive // what the types are made of
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(4.5)
	case reflect.Array:
		for i := range v.Len() {
			fillAll(v.Index(i), name, depth)
		}
	case reflect.Slice:
		if depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fillAll(v.Index(0), name, depth-1)
		}
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fillAll(v.Elem(), name, depth-1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				fillAll(v.Field(i), field.Name, depth)
			}
		}
	}
}
