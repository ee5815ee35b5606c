package credits_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

const fuzzUser = "0190a000-0000-7000-8000-00000000f022"

// FuzzMetadata: any JSON object is stored and comes back as it was, or is refused by
// its field, and then nothing is written.
func FuzzMetadata(f *testing.F) {
	env := enginetest.New(f, dialect.SQLite)
	for _, seed := range []string{
		`{}`, `{"a":1}`, `{"a":1e400}`, `{"a":9007199254740993}`, `{"a":"\u0000"}`, `{"a":"\ud800"}`, `{"":null}`,
		`{"a":[{"b":[[[]]]}]}`, `{"é":"😀","<":"&"}`, `{"a":-0}`, `{"a":1.0000000000000000001}`, `{"'; DROP TABLE credits; --":"\\"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var metadata map[string]any
		if json.Unmarshal([]byte(text), &metadata) != nil {
			return
		}
		var read *credits.Operation
		wrote, err := enginetest.Undone(t, env, func(ctx context.Context, tx bun.Tx) error {
			_, err := credits.Grant(ctx, tx, credits.GrantParams{UserUUID: fuzzUser, Amount: 1, Type: "gift", Key: "k", Metadata: metadata, At: start})
			if err == nil {
				read, err = credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: fuzzUser, Key: "k"})
			}
			return err
		})
		if fuzzRefused(t, wrote, err) {
			return
		}
		var back map[string]any
		if stored := read.Entries[0].Metadata; stored != "" {
			if err := json.Unmarshal([]byte(stored), &back); err != nil {
				t.Fatalf("what is stored is no JSON object: %v", err)
			}
		}
		if len(metadata)+len(back) > 0 && !reflect.DeepEqual(metadata, back) {
			t.Errorf("%v came back as %v", metadata, back)
		}
	})
}

// FuzzKey: an idempotency key, and an account's id, is any text that is not refused; it
// finds its own operation and no other.
func FuzzKey(f *testing.F) {
	env := enginetest.New(f, dialect.SQLite)
	for _, seed := range []string{
		"", "k", "K", " k", "k ", "order:1", "generation:x", "ping:2026-01-01", "new_user", "\x00", "\xff", "é", "é", "'; --", "%", "?",
		strings.Repeat("k", 255), strings.Repeat("é", 128),
	} {
		f.Add(seed, "k")
		f.Add("k", seed)
	}
	f.Fuzz(func(t *testing.T, key, user string) {
		grant := credits.GrantParams{UserUUID: user, Amount: 1, Type: "gift", Key: key, At: start}
		var again, other *credits.Operation
		wrote, err := enginetest.Undone(t, env, func(ctx context.Context, tx bun.Tx) error {
			if _, err := credits.Grant(ctx, tx, grant); err != nil {
				return err
			}
			var err error
			if again, err = credits.Grant(ctx, tx, grant); err != nil {
				return err
			}
			more := grant
			more.Key = "another"
			other, err = credits.Grant(ctx, tx, more)
			return err
		})
		if fuzzRefused(t, wrote, err) {
			return
		}
		if key != "" && !again.Replayed || other.Replayed != (key == "another") {
			t.Errorf("key %q: repeated %t, another %t", key, again.Replayed, other.Replayed)
		}
	})
}

// FuzzCursor: a cursor of a caller's own making is refused by its field, or reads a page.
func FuzzCursor(f *testing.F) {
	env := enginetest.New(f, dialect.SQLite)
	for i := range 5 {
		_, err := credits.Grant(f.Context(), env.DB, credits.GrantParams{UserUUID: fuzzUser, Amount: int64(i + 1), Type: "gift", At: start})
		if err != nil {
			f.Fatal(err)
		}
	}
	page, err := credits.Statement(f.Context(), env.DB, credits.StatementParams{UserUUID: fuzzUser, Limit: 2})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", page.Next, page.Next + "A", strings.ToLower(page.Next), "AAAA", "\x00", "=", "'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		wrote, err := enginetest.Undone(t, env, func(ctx context.Context, tx bun.Tx) error {
			_, ofStatement := credits.Statement(ctx, tx, credits.StatementParams{UserUUID: fuzzUser, Cursor: cursor})
			_, ofHolds := credits.ListHolds(ctx, tx, credits.ListHoldsParams{UserUUID: fuzzUser, Cursor: cursor})
			_, ofExpiring := credits.ExpiringSoon(ctx, tx, credits.ExpiringSoonParams{UserUUID: fuzzUser, Cursor: cursor})
			for _, err := range []error{ofStatement, ofHolds, ofExpiring} {
				fuzzRefused(t, false, err)
			}
			return nil
		})
		if wrote || err != nil {
			t.Errorf("a read wrote: %t, %v", wrote, err)
		}
	})
}

// fuzzRefused reports whether err is a typed refusal; any other error, and a refusal after
// which something is written, fails the test.
func fuzzRefused(t *testing.T, wrote bool, err error) bool {
	t.Helper()
	invalid := (*credits.InvalidError)(nil)
	switch {
	case err == nil:
		return false
	case !errors.As(err, &invalid):
		t.Errorf("%T: %v", err, err)
	case wrote:
		t.Errorf("a refusal wrote: %v", err)
	}
	return true
}
