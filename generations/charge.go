package generations

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Limits of a generation's fields, in characters; of a GenID in bytes.
const (
	maxProvider = 50
	maxName     = 255
	// maxGenID leaves room for the ledger keys that are made of it.
	maxGenID = 200
)

// ChargeParams describe a generation to charge for.
type ChargeParams struct {
	// UserUUID is who pays, required.
	UserUUID string
	// AIType, Provider (at most 50 characters), Model (at most 255) and Prompt
	// (at most 65,535 bytes) are required.
	AIType   AIType
	Provider string
	Model    string
	Prompt   string
	// Cost is the price in credits. When set, the price list is not consulted.
	// Text needs it.
	Cost int64
	// Free charges nothing, whatever the price list says; Cost must be 0 then.
	Free bool
	// Prices is the price list; nil means DefaultPrices.
	Prices PriceList
	// RequireProvider refuses a Provider that is not enabled in package
	// providers. The prices in its model_config ([ParsePrices]) take precedence
	// over Prices. It costs one more read; [ProviderPrices] returns the same
	// prices as a list that can be cached.
	RequireProvider bool
	// GenID names the generation, at most 200 bytes; if empty, an unguessable
	// one is generated. A GenID from the caller is also an idempotency key.
	GenID string
	// Key is the caller's idempotency key, at most 255 characters, scoped to
	// the user. With neither Key nor GenID, every call charges.
	Key string
	// Budgets are as in credits.ChargeParams, such as an API key's or a team
	// member's. Held credits do not count against them.
	Budgets []string
	// Metadata is any JSON object up to 16 KiB, kept with the charge in the
	// ledger.
	Metadata map[string]any
	// At is when it was ordered; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// Result is a generation and what happened to it.
type Result struct {
	// Generation as it stands.
	Generation *Generation `json:"generation,omitzero"`
	// Operation is what the ledger did: the charge, or the refund; nil where
	// no credits moved.
	Operation *credits.Operation `json:"operation,omitzero"`
	// Replayed is true when the call had been made before: nothing was written.
	Replayed bool `json:"replayed"`
	// Mended lists what an earlier call had left undone because its commit was
	// partial, and this call did: [credits.PartGeneration],
	// [credits.PartCharge], [credits.PartHold] or [credits.PartRefund]. Nil for
	// a first call and for a replay.
	Mended []credits.Part `json:"mended,omitempty"`
}

// ChargeGeneration charges a user for a generation and records it as pending,
// in one transaction. If it is free or its price is 0, it is only recorded:
// Operation is nil, and there is nothing to refund if it fails.
//
// With a Key or GenID that was used before, for the same user, type, provider,
// model and prompt, it returns that generation as it stands now and its original
// charge, marked as a replay, even if the price has changed or it is no longer
// sold. If the charge or the row is missing, it is redone, and so is whatever
// ended the generation since, such as a refund. Mended says so.
//
// Errors, after which nothing is written:
//   - *ParamsError when AIType, Provider, Model or Prompt is empty;
//   - *UnsupportedError when the price list lacks the provider or model, or
//     when RequireProvider is set and the provider is disabled or unknown;
//   - *PriceError when RequireProvider is set and the prices in the provider's
//     model_config cannot be read;
//   - *InvalidError for a field of p;
//   - *credits.InsufficientError when the user cannot afford it, and
//     *credits.BudgetError or *credits.NotFoundError for the Budgets;
//   - *KeyReusedError when Key or GenID belongs to another generation;
//   - *dialect.Error when the engine fails.
func ChargeGeneration(ctx context.Context, db bun.IDB, p ChargeParams) (*Result, error) {
	return order{ChargeParams: p}.place(ctx, db)
}

// generation checks p and returns the generation that it describes.
func (p ChargeParams) generation() (*Generation, error) {
	if missing := p.missing(); missing != nil {
		return nil, &ParamsError{Missing: missing}
	}
	genID := p.GenID
	if genID == "" {
		genID = newGenID()
	}
	at, atErr := valid.Time("At", p.At)
	err := valid.First(
		valid.UUID("UserUUID", p.UserUUID),
		checkType(p.AIType),
		valid.Identifier("Provider", p.Provider, maxProvider),
		valid.Identifier("Model", p.Model, maxName),
		valid.LongText("Prompt", p.Prompt),
		valid.Key("GenID", genID, maxGenID),
		valid.Optional("Key", p.Key, maxName),
		atErr,
	)
	if err == nil && p.Free && p.Cost != 0 {
		err = valid.Failf("Cost", "%d, but Free is set", p.Cost)
	}
	if err != nil {
		return nil, err
	}
	return &Generation{
		GenID: genID, UserUUID: p.UserUUID, AIType: p.AIType, Provider: p.Provider, Model: p.Model,
		Prompt: p.Prompt, Status: StatusPending, CreatedAt: at, UpdatedAt: at, RequestKey: p.Key,
	}, nil
}

func checkType(t AIType) error { return valid.Name("AIType", string(t)) }

// missing returns the required fields that are empty or blank.
func (p ChargeParams) missing() []string {
	var missing []string
	for _, f := range []struct{ name, value string }{
		{"AIType", string(p.AIType)}, {"Provider", p.Provider}, {"Model", p.Model}, {"Prompt", p.Prompt},
	} {
		if strings.TrimSpace(f.value) == "" {
			missing = append(missing, f.name)
		}
	}
	return missing
}

// newGenID returns a name with 130 random bits.
func newGenID() string { return "gen_" + strings.ToLower(rand.Text()) }

// The ledger's keys of a generation.
func chargeKey(genID string) string  { return ledgerkey.Of("generation:charge", genID) }
func refundKey(genID string) string  { return ledgerkey.Of("generation:refund", genID) }
func releaseKey(genID string) string { return ledgerkey.Of("generation:release", genID) }

// payKey is the ledger's key of the charge or hold of a generation that was not
// given a name: it follows from the caller's key, so that a call whose row was
// lost does not pay again.
func (o order) payKey(g *Generation) string {
	what, family, name := "charge", "generation", g.GenID
	if o.hold {
		what = "hold"
	}
	if o.GenID == "" && o.Key != "" {
		family, name = "generation-request", o.Key
	}
	return ledgerkey.Of(family+":"+what, name)
}

// ledger is a context with which the ledger takes the keys of a generation.
func ledger(ctx context.Context, g *Generation) context.Context {
	return ledgerkey.Allow(ctx, chargeKey(g.GenID), refundKey(g.GenID), releaseKey(g.GenID), g.ChargeKey, g.HoldKey)
}
