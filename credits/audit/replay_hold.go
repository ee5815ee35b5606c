package audit

import (
	"encoding/json"
	"slices"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// replayHold is a hold: the row that credits_holds must have.
type replayHold struct {
	credits.HoldRecord
	parts []column.HoldPart
	// seen means that credits_holds has a row of it.
	seen bool
}

// moveHold books an entry on the hold that its operation is about.
func (r *replay) moveHold(e *credits.Entry) {
	switch r.op.kind {
	case credits.KindHold:
		r.makeHold(e)
	case credits.KindCapture, credits.KindRelease, credits.KindTimeout, credits.KindExtend:
		if h := r.holdOf(e); h != nil {
			r.changeHold(e, h)
		}
	default:
		if e.Held != 0 {
			r.reportf(BreachOperation, e.Seq, "holds or releases credits without a hold")
		}
	}
}

// makeHold makes the hold at the operation's first entry and adds each
// entry's part to it.
func (r *replay) makeHold(e *credits.Entry) {
	h := r.holds[r.op.seq]
	if h == nil {
		h = &replayHold{HoldRecord: credits.HoldRecord{
			UserUUID: r.user, HoldSeq: r.op.seq, HoldKey: e.OpKey, Status: credits.HoldActive,
			DueUs: r.op.data.DueUs, CreatedUs: e.AtUs, TransType: r.op.data.Type,
		}}
		r.holds[r.op.seq] = h
	}
	h.Amount += e.Held
	h.Remaining += e.Held
	h.parts = append(h.parts, column.HoldPart{Lot: e.Lot, Amount: e.Held})
}

// holdOf returns the hold that the operation acts on, which must not have
// ended before it.
func (r *replay) holdOf(e *credits.Entry) *replayHold {
	h := r.holds[r.op.target]
	switch {
	case h == nil && e.Seq == r.op.seq:
		r.reportf(BreachOperation, e.Seq, "acts on hold %d, which history does not have", r.op.target)
	case h != nil && h.Status != credits.HoldActive && e.Seq == r.op.seq:
		r.reportf(BreachOperation, e.Seq, "acts on hold %d, which had ended", r.op.target)
	}
	return h
}

func (r *replay) changeHold(e *credits.Entry, h *replayHold) {
	switch {
	case r.op.kind == credits.KindRelease:
		h.Status = credits.HoldReleased
	case r.op.kind == credits.KindTimeout:
		h.Status = credits.HoldTimedOut
		if e.Seq == r.op.seq && e.AtUs != h.DueUs {
			r.reportf(BreachOperation, e.Seq, "a timeout that is not at the hold's time, %d", h.DueUs)
		}
	case r.op.kind == credits.KindExtend:
		if r.op.data.DueUs < h.DueUs {
			r.reportf(BreachOperation, e.Seq, "moves the timeout back")
		}
		h.DueUs = r.op.data.DueUs
	case !r.op.data.KeepsHold:
		h.Status = credits.HoldCaptured
	}
	if e.Held == 0 {
		return
	}
	at := slices.IndexFunc(h.parts, func(p column.HoldPart) bool { return p.Lot == e.Lot })
	if at < 0 || h.parts[at].Amount+e.Held < 0 {
		r.reportf(BreachOperation, e.Seq, "takes more from hold %d than it holds of grant %d", h.HoldSeq, e.Lot)
		return
	}
	h.parts[at].Amount += e.Held
	h.Remaining += e.Held
	h.Captured -= e.Credits
}

// endOp closes the operation: a hold that has ended holds nothing.
func (r *replay) endOp() {
	h := r.holds[r.op.target]
	switch r.op.kind {
	case credits.KindHold:
		h = r.holds[r.op.seq]
	case credits.KindCapture, credits.KindRelease, credits.KindTimeout:
	default:
		return
	}
	if h == nil {
		return
	}
	if h.Status == credits.HoldActive && h.Remaining == 0 {
		h.Status = credits.HoldCaptured
	}
	if h.Status != credits.HoldActive && h.Remaining != 0 {
		r.reportf(BreachOperation, r.op.seq, "hold %d ended with %d credits still held", h.HoldSeq, h.Remaining)
	}
	h.parts = slices.DeleteFunc(h.parts, func(p column.HoldPart) bool { return p.Amount == 0 })
	if len(h.parts) == 0 {
		h.parts = nil
	}
}

// row is the hold's row.
func (h *replayHold) row() (credits.HoldRecord, error) {
	row := h.HoldRecord
	if len(h.parts) == 0 {
		return row, nil
	}
	text, err := json.Marshal(h.parts)
	row.Allocations = string(text)
	return row, err
}
