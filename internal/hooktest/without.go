package hooktest

import (
	"encoding/json"
	"fmt"
	"iter"
	"testing"

	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// Without are copies of an object that lack one field each, at any depth, by its path.
func Without(t testing.TB, object map[string]any) iter.Seq2[string, map[string]any] {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]any{}
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	return func(yield func(string, map[string]any) bool) {
		remove("", whole, func(path string) bool { return yield(path, whole) })
	}
}

// remove takes each field out of a value in turn, and puts it back.
func remove(path string, value any, lacking func(path string) bool) bool {
	switch v := value.(type) {
	case map[string]any:
		for key, field := range v {
			delete(v, key)
			goes := lacking(path + "." + key)
			v[key] = field
			if !goes || !remove(path+"."+key, field, lacking) {
				return false
			}
		}
	case []any:
		for i, element := range v {
			if !remove(fmt.Sprintf("%s[%d]", path, i), element, lacking) {
				return false
			}
		}
	}
	return true
}

// After is what a user can spend after a request, less what is owed. The request is undone.
func After(t testing.TB, env *enginetest.Env, user string, handle Handle) int64 {
	t.Helper()
	tx, err := env.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}()
	_, _ = handle(t.Context(), tx) // what is refused changes nothing
	return Available(t, tx, user)
}
