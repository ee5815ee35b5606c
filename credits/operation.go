package credits

import (
	"context"
	"encoding/json"
	"time"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/internal/archived"
)

// Operation is what a verb did to one account: one or more entries that were
// written together.
type Operation struct {
	UserUUID string `json:"user_uuid"`
	// Key identifies the operation within its account: the caller's idempotency
	// key, or a generated one.
	Key  string `json:"-"`
	Kind Kind   `json:"kind"`
	// Type is the transaction type of its first entry.
	Type string `json:"type"`
	// Amount is the credits it moved: granted, spent, given back, taken back,
	// held or released. It is negative for a claw-back that lowered an earlier
	// one.
	Amount int64 `json:"amount"`
	// Entries are what was written, one per grant touched.
	Entries []Entry `json:"entries,omitempty"`
	// Balance is the account's balance after it: available and held, less debt.
	Balance int64 `json:"balance"`
	// Available is what could be spent after it.
	Available int64 `json:"available"`
	// DebtPaid is how much of the incoming credits paid debt.
	DebtPaid int64 `json:"debt_paid"`
	// Forgiven is how much of a claw-back was let go.
	Forgiven int64 `json:"forgiven"`
	// TakenBack is how much of what a refund or a release returned was taken for
	// an earlier claw-back that had let it go.
	TakenBack int64 `json:"taken_back"`
	// At is the ledger's time of the operation, UTC.
	At time.Time `json:"at,omitzero"`
	// Replayed is true when an earlier call used the key with the same payload:
	// this is the original result and nothing was written. It is false if this
	// call did the work, even if the server's answer was lost and the call had
	// to look for its own work.
	Replayed bool `json:"replayed"`
}

// opData is what an operation's first entry stores in addition to its columns.
type opData struct {
	// Hold: when it times out, and the type of its captures.
	DueUs int64  `json:"due_us,omitempty"`
	Type  string `json:"type,omitempty"`
	// Capture: whether the hold continues.
	KeepsHold bool `json:"keeps_hold,omitempty"`
	// Lots is the new state of the claw-backs of lots, by number.
	Lots map[int64]*clawState `json:"lots,omitempty"`
	// FromUs is the account's time before a reset.
	FromUs int64 `json:"from_us,omitempty"`
	// Adopted is what is known about an operation of another program.
	Adopted *adoptedData `json:"adopted,omitempty"`
	// Budgets are those in which a charge was counted, or from which a refund subtracts.
	Budgets []counted `json:"budgets,omitempty"`
	// Forgiven is how much this operation did not take.
	Forgiven int64 `json:"forgiven,omitempty"`
}

func (d opData) text() string {
	if text := mustJSON(d); text != "{}" {
		return text
	}
	return ""
}

func parseOpData(text string) (opData, error) {
	var d opData
	if text == "" {
		return d, nil
	}
	err := json.Unmarshal([]byte(text), &d)
	return d, err
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("credits: own state did not marshal: " + err.Error())
	}
	return string(text)
}

// operationOf builds an operation from its entries. The results of first calls and of replays both
// come from here, so they are equal.
func operationOf(entries []Entry) (*Operation, error) {
	first, last := entries[0], entries[len(entries)-1]
	data, err := parseOpData(first.OpData)
	if err != nil {
		return nil, err
	}
	op := &Operation{
		UserUUID: first.UserUUID, Key: first.OpKey, Kind: first.OpKind, Type: first.TransType,
		Entries: entries, Balance: last.Balance, Available: last.Available,
		Forgiven: data.Forgiven, At: column.Time(first.AtUs),
	}
	for i := range entries {
		e := &entries[i]
		// The row's id is internal to the database, an adopted created_at may have lost its
		// fraction, and which call wrote the entry is internal to the ledger.
		e.ID, e.CallID, e.CreatedAt = 0, 0, column.Time(e.AtUs)
		op.Amount += amountOf(op.Kind, e)
		if e.TransType == TypeDebtPayment && e.Lot == column.DebtLot {
			op.DebtPaid += e.Credits
		}
		if e.TransType == TypeClawBack && op.Kind != KindClawBack {
			op.TakenBack -= e.Credits
		}
	}
	return op, nil
}

// amountOf returns an entry's share of its operation's amount.
func amountOf(kind Kind, e *Entry) int64 {
	switch {
	case kind == KindClawBack && e.TransType == TypeDebtPayment && e.Lot != column.DebtLot && e.Credits > 0:
		return -e.Credits // paid debt that is returned
	case e.TransType == TypeDebtPayment, e.TransType == TypeCarryOver,
		e.TransType == TypeClawBack && kind != KindClawBack:
		return 0
	case kind == KindGrant, kind == KindPaidGrant, kind == KindRefund:
		return e.Credits
	case kind == KindHold:
		return e.Held
	case kind == KindRelease, kind == KindTimeout:
		return -e.Held
	default:
		return -e.Credits
	}
}

// entriesOf reads the entries of the operation with the given first entry. They follow it without
// gaps.
func (b *book) entriesOf(ctx context.Context, first *Entry) ([]Entry, error) {
	var entries []Entry
	if a := b.accounts[first.UserUUID]; a != nil {
		entries = a.missedEntries(func(e *Entry) bool { return e.OpSeq == first.OpSeq })
	}
	if len(entries) > 0 {
		return entries, nil
	}
	next, limit := first.OpSeq, firstEntries
	for {
		var chunk []Entry
		err := b.db.NewRaw("?", archived.Entries.Ordered("seq", limit, "SELECT "+store.Columns[Entry](b.db, "t")+
			" FROM credits_trans AS t WHERE user_uuid = ? AND seq >= ?", first.UserUUID, next)).Scan(ctx, &chunk)
		if err != nil {
			return nil, err
		}
		for i := range chunk {
			if chunk[i].OpSeq != first.OpSeq {
				return entries, nil
			}
			entries = append(entries, chunk[i])
		}
		if len(chunk) < limit {
			return entries, nil
		}
		next, limit = chunk[len(chunk)-1].Seq+1, moreEntries
	}
}

// Most operations have one entry or two; a charge may have a thousand.
const (
	firstEntries = 4
	moreEntries  = 500
)
