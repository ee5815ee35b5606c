// Package hooktest checks what handlers of webhooks promise for any body that
// is signed, however odd: fuzzers of the providers' packages share it.
package hooktest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// Handle is a provider's handler with its configuration and a body filled in.
type Handle func(ctx context.Context, db bun.IDB) (*webhook.Result, error)

// Check handles one request twice in a transaction that is undone. Nothing
// panics; an error is a *webhook.Error with a status that the provider
// understands, holds none of the secrets, and has written nothing; what was
// carried out is a replay the second time.
func Check(t testing.TB, env *enginetest.Env, handle Handle, secrets ...string) {
	t.Helper()
	wrote, err := enginetest.Undone(t, env, func(ctx context.Context, tx bun.Tx) error {
		_, err := handle(ctx, tx)
		if err != nil {
			return err
		}
		before := rows(t, tx)
		again, err := handle(ctx, tx)
		switch {
		case err != nil:
			t.Errorf("the second time: %v", err)
		case again.Order != nil && !again.Order.Replayed:
			t.Errorf("%s %s is carried out twice", again.EventType, again.EventID)
		case rows(t, tx) != before:
			t.Errorf("%s %s writes entries twice", again.EventType, again.EventID)
		}
		return nil
	})
	if err == nil {
		return
	}
	if wrote {
		t.Errorf("a refusal wrote something: %v", err)
	}
	checkError(t, err, secrets)
}

func checkError(t testing.TB, err error, secrets []string) {
	t.Helper()
	var typed *webhook.Error
	if !errors.As(err, &typed) {
		t.Errorf("not a *webhook.Error: %v", err)
		return
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
	understood := []int{
		http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity,
	}
	if !slices.Contains(understood, typed.Status()) {
		t.Errorf("status %d for what a body says: %v", typed.Status(), err)
	}
}

// rows counts the ledger's entries.
func rows(t testing.TB, db bun.IDB) int64 {
	t.Helper()
	var n int64
	if err := db.QueryRowContext(context.WithoutCancel(t.Context()), "SELECT count(*) FROM credits_trans").Scan(&n); err != nil {
		t.Fatalf("count entries: %v", err)
	}
	return n
}
