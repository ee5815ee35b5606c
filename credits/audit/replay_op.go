package audit

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// replayOp is the operation that the entries at hand belong to.
type replayOp struct {
	seq    int64
	kind   credits.Kind
	target int64
	at     int64
	data   replayData
}

// adopted reports whether another program did the operation, or the takeover of
// what it did.
func (o *replayOp) adopted() bool { return o.data.Adopted != nil }

// replayData is op_data as far as state depends on it. Claws stay the texts that
// they are.
type replayData struct {
	DueUs     int64                     `json:"due_us"`
	Type      string                    `json:"type"`
	KeepsHold bool                      `json:"keeps_hold"`
	Lots      map[int64]json.RawMessage `json:"lots"`
	Budgets   []countedIn               `json:"budgets"`
	// Adopted is there of what was taken over from another program.
	Adopted json.RawMessage `json:"adopted"`
	// Claws is what a claw-back of the first versions said of its grant.
	Claws json.RawMessage `json:"claws"`
}

// grants reports whether the operation makes a grant.
func (o *replayOp) grants() bool {
	return o.kind == credits.KindGrant || o.kind == credits.KindPaidGrant
}

// gives reports whether the operation may give credits back to grants.
func (o *replayOp) gives() bool {
	switch o.kind {
	case credits.KindRefund, credits.KindCapture, credits.KindRelease, credits.KindTimeout:
		return true
	}
	return false
}

// enter checks the entry's place in its operation and starts a new one with
// its first entry.
func (r *replay) enter(e *credits.Entry) {
	if e.OpSeq == e.Seq {
		r.endOp()
		r.startOp(e)
	} else if reason := r.op.follows(e); reason != "" {
		r.reportf(BreachOperation, e.Seq, "%s", reason)
		if e.OpSeq != r.op.seq {
			r.endOp()
			r.startOp(e) // out of place, but an operation
		}
	}
	if !r.op.shapes(e) {
		r.reportf(BreachOperation, e.Seq, "%s of %d credits, %d held is not an entry that a %q writes",
			e.TransType, e.Credits, e.Held, r.op.kind)
	}
}

func (r *replay) startOp(e *credits.Entry) {
	r.op = replayOp{seq: e.OpSeq, kind: e.OpKind, target: e.TargetSeq, at: e.AtUs}
	switch {
	case e.OpSeq != e.Seq: // has been reported
	case !e.OpKind.Valid():
		r.reportf(BreachOperation, e.Seq, "op_kind is %q", e.OpKind)
	case e.OpKind == credits.KindTimeout:
		if e.OpKey != "" {
			r.reportf(BreachOperation, e.Seq, "a timeout has a key")
		}
	case e.OpKey == "" || e.OpHash == "":
		r.reportf(BreachOperation, e.Seq, "the operation's first entry has no key or payload hash")
	}
	if e.OpData != "" {
		if err := json.Unmarshal([]byte(e.OpData), &r.op.data); err != nil {
			r.reportf(BreachOperation, e.Seq, "op_data is not JSON")
		}
	}
	r.adopted = r.adopted || r.op.adopted()
	r.claw(e)
}

// claw notes the new state of lots' claw-backs. A claw-back says at least what
// became of its grant.
func (r *replay) claw(e *credits.Entry) {
	states := r.op.data.Lots
	if r.op.data.Claws != nil {
		states = map[int64]json.RawMessage{e.TargetSeq: r.op.data.Claws}
	}
	if e.OpKind == credits.KindClawBack && states[e.TargetSeq] == nil {
		r.reportf(BreachOperation, e.Seq, "claws grant %d back and does not say how", e.TargetSeq)
	}
	for _, id := range slices.Sorted(maps.Keys(states)) {
		l := r.lots[id]
		if l == nil {
			r.reportf(BreachOperation, e.Seq, "claws back grant %d, which history does not have", id)
			continue
		}
		l.Claws = string(states[id])
	}
}

// follows says what is wrong with an entry that is not its operation's first.
func (o *replayOp) follows(e *credits.Entry) string {
	switch {
	case e.OpSeq != o.seq:
		return "the entry is not beside those of its operation"
	case e.OpKey != "" || e.OpKind != "" || e.OpHash != "" || e.OpData != "":
		return "only an operation's first entry has its key and kind"
	case e.AtUs != o.at || e.TargetSeq != o.target:
		return "the entry has another time or target than its operation"
	}
	return ""
}

// shapes reports whether an operation of this kind writes such an entry.
func (o *replayOp) shapes(e *credits.Entry) bool {
	if o.kind != credits.KindCharge && e.TransType == credits.TypeDebtPayment && e.Held == 0 && e.Seq != o.seq {
		return true
	}
	if o.gives() && e.TransType == credits.TypeClawBack && e.Seq != o.seq {
		return e.Credits < 0 && e.Held == 0 && e.Lot != column.DebtLot // what came back had been let go
	}
	spends := e.Credits < 0 && e.Held == 0 && e.Lot != column.DebtLot
	releases := e.Credits == 0 && e.Held < 0
	switch o.kind {
	case credits.KindGrant, credits.KindPaidGrant:
		if e.Seq == o.seq {
			return e.Lot == e.Seq && e.Credits > 0 && e.Held == 0
		}
		return e.TransType == credits.TypeCarryOver && e.Held == 0
	case credits.KindCharge, credits.KindVoid:
		return spends || o.adopted() && e.Held == 0
	case credits.KindRefund:
		return e.Credits > 0 && e.Held == 0 && e.Lot != column.DebtLot
	case credits.KindClawBack:
		return e.Held == 0
	case credits.KindHold:
		return e.Credits == 0 && e.Held > 0
	case credits.KindCapture:
		return releases || e.Held < 0 && e.Held == e.Credits
	case credits.KindRelease, credits.KindTimeout:
		return releases
	case credits.KindExtend:
		return e.Credits == 0 && e.Held == 0
	case credits.KindClockReset:
		return e.Credits == 0 && e.Held == 0 && e.TransType == credits.TypeClockReset
	}
	return true // an unknown kind has been reported
}
