package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/chain"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// GrantParams put credits on an account.
type GrantParams struct {
	// UserUUID is the account; its row is made if there is none.
	UserUUID string
	// Amount is in credits, 1 to 2^53.
	Amount int64
	// Type is the transaction type; required.
	Type string
	// Key is the idempotency key: at most 255 bytes, scoped to the account.
	// Empty makes one up, and a retry grants again.
	Key string
	// ExpiresAt is when what is left of it expires, exactly then; zero is
	// never. It must lie after At.
	ExpiresAt time.Time
	// Paid grants are spent after free ones that expire at the same time.
	// Grants of TypeOrderPay are paid whatever this says.
	Paid bool
	// CarryOver moves what is left of an earlier grant into this one.
	CarryOver *CarryOver
	// OrderNo and GenID tie the entries to an order or a generation.
	OrderNo, GenID string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the grant, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Grant puts credits on an account as a lot of their own. If the account is in
// debt, the grant pays that first ([Operation].DebtPaid).
//
// A grant that reaches the ledger after its own expiry, because the account's
// time is later than p.At, counts as earned and expired, and carries nothing
// over.
//
// Errors: *InvalidError; *KeyReusedError; *LimitError; *NotFoundError when the
// grant to carry over does not exist; *dialect.Error.
func Grant(ctx context.Context, db bun.IDB, p GrantParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p GrantParams) spec() (*spec, error) {
	err := valid.First(
		valid.Amount("Amount", p.Amount), checkType(p.Type),
		checkTime("ExpiresAt", p.ExpiresAt), p.CarryOver.check(),
	)
	if err != nil {
		return nil, err
	}
	var carry CarryOver
	if p.CarryOver != nil {
		carry = *p.CarryOver
	}
	expires := expiryOf(p.ExpiresAt)
	s, err := newSpec(p, p.kind(), common{p.UserUUID, p.Key, p.OrderNo, p.GenID, p.Metadata, p.At, p.MaxAhead},
		p.Amount, p.Type, expires, carry)
	if err != nil {
		return nil, err
	}
	if expires <= s.at {
		// A retry that comes this late is still a replay.
		s.refused = valid.Failf("ExpiresAt", "not after At")
	}
	s.grants, s.granted = s.refused == nil, p.Amount
	return s, nil
}

func (p GrantParams) kind() Kind {
	if p.Paid || p.Type == TypeOrderPay {
		return KindPaidGrant
	}
	return KindGrant
}

func (p GrantParams) apply(ctx context.Context, a *account, b *builder) error {
	moves, err := p.CarryOver.plan(ctx, a)
	if err != nil {
		return err
	}
	if expiryOf(p.ExpiresAt) <= a.AsOfUs {
		moves = nil // nothing alive moves into what has expired
	}
	l := a.grant(b, p.Type, p.Amount, expiryOf(p.ExpiresAt), p.kind() == KindPaidGrant)
	for _, m := range moves {
		a.carry(b, m, l)
	}
	a.payDebt(b, l, p.Amount)
	return nil
}

// lotByKey returns the lot that was granted under key, and the entry that
// granted it.
//
// Returns a *NotFoundError when there is none.
func (a *account) lotByKey(ctx context.Context, key string) (*lot, *Entry, error) {
	first, err := a.book.operation(ctx, a, key, "grant", KindGrant, KindPaidGrant)
	if err != nil {
		return nil, nil, err
	}
	lots, err := a.book.lotsByID(ctx, a, []int64{first.OpSeq})
	if err != nil {
		return nil, nil, err
	}
	return lots[first.OpSeq], first, nil
}

// NewUserKey is the idempotency key of the sign-up bonus: a user gets one.
const NewUserKey = ledgerkey.NewUser

// NewUserCredits is the sign-up bonus, in credits.
const NewUserCredits = 100

// NewUserParams give a user the sign-up bonus.
type NewUserParams struct {
	UserUUID string
	// Amount is in credits; 0 means [NewUserCredits].
	Amount int64
	// At is the time of sign-up, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// GrantNewUserCredits grants the sign-up bonus: 100 credits of type new_user
// that expire one year after At. A user gets it once: another call returns the
// first result, marked as a replay.
//
// Errors: those of [Grant].
func GrantNewUserCredits(ctx context.Context, db bun.IDB, p NewUserParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p NewUserParams) grant() GrantParams {
	if p.Amount == 0 {
		p.Amount = NewUserCredits
	}
	if p.At.IsZero() {
		p.At = time.Now()
	}
	return GrantParams{
		UserUUID: p.UserUUID, Amount: p.Amount, Type: TypeNewUser, Key: NewUserKey,
		ExpiresAt: p.At.UTC().AddDate(1, 0, 0), At: p.At, MaxAhead: p.MaxAhead,
	}
}

func (p NewUserParams) spec() (*spec, error) { return p.grant().once() }

// once is the spec of a grant whose key is the verb's own, and whose expiry
// follows from its time, so that a later retry is still the same call.
func (p GrantParams) once() (*spec, error) {
	// The expiry is none of the caller's fields, so it is At that is wrong.
	err := checkTime("At", p.At)
	if err == nil && checkTime("At", p.ExpiresAt) != nil {
		err = valid.Failf("At", "the credits would expire in year %d, after %d", p.ExpiresAt.UTC().Year(), lastYear)
	}
	if err != nil {
		return nil, err
	}
	s, err := p.spec()
	if err != nil {
		return nil, err
	}
	s.own = true
	s.fingerprint = func(string) string { return chain.Sum(mustJSON([]any{s.kind, p.Amount, p.Type})) }
	return s, nil
}

// PingCredits is the daily check-in reward, in credits.
const PingCredits = 1

// PingParams record a user's daily check-in.
type PingParams struct {
	UserUUID string
	// Amount is in credits; 0 means [PingCredits].
	Amount int64
	// At is the time of the check-in, zero for now. Its UTC day counts.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Ping grants the daily check-in reward: 1 credit of type ping that expires
// one year after At, once per user and UTC day. Another check-in on the same
// day returns the first result, marked as a replay.
//
// Errors: those of [Grant].
func Ping(ctx context.Context, db bun.IDB, p PingParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p PingParams) grant() GrantParams {
	if p.Amount == 0 {
		p.Amount = PingCredits
	}
	if p.At.IsZero() {
		p.At = time.Now()
	}
	at := p.At.UTC()
	return GrantParams{
		UserUUID: p.UserUUID, Amount: p.Amount, Type: TypePing, Key: ledgerkey.Of("ping", at.Format(time.DateOnly)),
		ExpiresAt: at.AddDate(1, 0, 0), At: at, MaxAhead: p.MaxAhead,
	}
}

func (p PingParams) spec() (*spec, error) { return p.grant().once() }
