package generations

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Limits of a generation's fields, in characters; of a GenID in bytes.
const (
	maxProvider = 50
	maxName     = 255
	// maxGenID leaves room for the ledger keys that are made of it.
	maxGenID = 200
)

// ChargeParams describes a generation to charge for.
type ChargeParams struct {
	// UserUUID is who pays, required.
	UserUUID string
	// AIType, Provider (at most 50 characters), Model (at most 255) and Prompt
	// (at most 65,535 bytes) are required.
	AIType   AIType
	Provider string
	Model    string
	Prompt   string
	// Cost in credits. When set it is the price, and the price list is not
	// looked at; text needs it.
	Cost int64
	// Prices is the price list; nil means DefaultPrices.
	Prices PriceList
	// GenID names the generation, at most 200 bytes; made up, unguessable,
	// when empty. A GenID that the caller gives is an idempotency key too.
	GenID string
	// Key is the caller's idempotency key, at most 255 characters, its own
	// namespace for each user. With neither Key nor GenID every call charges.
	Key string
	// Metadata is any JSON object up to 16 KiB, kept with the charge in the
	// ledger.
	Metadata map[string]any
	// At is when it was ordered; zero means now.
	At time.Time
}

// Result is a generation and what happened to it.
type Result struct {
	// Generation as it stands.
	Generation *Generation
	// Operation is what the ledger did: the charge, or the refund; nil where
	// no credits moved.
	Operation *credits.Operation
	// Replayed is true when the call had been made before: nothing was written.
	Replayed bool
}

// ChargeGeneration charges a user for a generation and records it as pending,
// in one transaction.
//
// With a Key or GenID that was used before, for the same user, type, provider,
// model and prompt, it returns that generation as it stands now and its
// original charge, marked as a replay, also when prices have changed since.
//
// Errors, after which nothing is written:
//   - *ParamsError when AIType, Provider, Model or Prompt is empty;
//   - *UnsupportedError when the price list lacks the provider or model;
//   - *InvalidError for a field of p;
//   - *credits.InsufficientError when the user cannot afford it;
//   - *KeyReusedError when Key or GenID belongs to another generation;
//   - *dialect.Error when the engine fails.
func ChargeGeneration(ctx context.Context, db bun.IDB, p ChargeParams) (*Result, error) {
	draft, err := p.generation()
	if err != nil {
		return nil, err
	}
	var result *Result
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		g := *draft
		inserted, err := rows.Insert(ctx, tx, &g)
		if err != nil {
			return err
		}
		if !inserted {
			result, err = replay(ctx, tx, p, draft)
			return err
		}
		op, err := credits.Charge(ctx, tx, p.charge(&g))
		if err != nil {
			return withdraw(ctx, tx, &g, err)
		}
		result = &Result{Generation: &g, Operation: op}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return result, nil
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
	if err != nil {
		return nil, err
	}
	cost, err := p.cost()
	if err != nil {
		return nil, err
	}
	return &Generation{
		GenID: genID, UserUUID: p.UserUUID, AIType: p.AIType, Provider: p.Provider, Model: p.Model,
		Prompt: p.Prompt, Status: StatusPending, CreditsCost: cost, CreatedAt: at, UpdatedAt: at,
		RequestKey: p.Key, ChargeKey: chargeKey(genID),
	}, nil
}

func checkType(t AIType) error {
	if !t.Valid() {
		return valid.Failf("AIType", "not text, image or video")
	}
	return nil
}

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

// cost is the caller's price, or else the listed one.
func (p ChargeParams) cost() (int64, error) {
	if p.Cost != 0 {
		return p.Cost, valid.Amount("Cost", p.Cost)
	}
	prices := p.Prices
	if prices == nil {
		prices = DefaultPrices()
	}
	return prices.Lookup(p.AIType, p.Provider, p.Model)
}

// charge is the ledger's part of g.
func (p ChargeParams) charge(g *Generation) credits.ChargeParams {
	return credits.ChargeParams{
		UserUUID: g.UserUUID, Amount: g.CreditsCost, Type: credits.TypeAIGeneration,
		Key: g.ChargeKey, GenID: g.GenID, Metadata: p.Metadata, At: g.CreatedAt,
	}
}

// withdraw takes back the row that was inserted before its charge was refused,
// so that the caller's transaction goes on without it, and returns the refusal.
// Where the engine failed there is nothing to take back: the whole transaction
// is lost.
func withdraw(ctx context.Context, tx bun.Tx, g *Generation, refusal error) error {
	if failed := (*dialect.Error)(nil); errors.As(refusal, &failed) {
		return refusal
	}
	_, err := tx.NewDelete().Model((*Generation)(nil)).
		Where("user_uuid = ?", g.UserUUID).
		Where("gen_id = ?", g.GenID).
		Exec(ctx)
	if err != nil {
		return dialect.Classify(err)
	}
	return refusal
}

// newGenID returns a name with 130 random bits.
func newGenID() string { return "gen_" + strings.ToLower(rand.Text()) }

// The ledger's keys of a generation.
func chargeKey(genID string) string { return "generation:" + genID + ":charge" }
func refundKey(genID string) string { return "generation:" + genID + ":refund" }
