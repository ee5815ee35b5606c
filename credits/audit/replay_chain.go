package audit

import (
	"encoding/json"
	"time"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
)

// checkChain checks the entry's place in the account's history, and its hash.
// It goes on from what is stored, so that one tampered entry is one breach.
func (r *replay) checkChain(e *credits.Entry) {
	var seq int64
	hash := ""
	if r.prev != nil {
		seq, hash = r.prev.Seq, r.prev.Hash
	}
	switch {
	case e.Seq == seq+1:
		if e.Hash != e.ChainHash(hash) {
			r.reportf(BreachChain, e.Seq, "the entry is not the one that its hash was made of")
		}
	case e.Seq <= seq:
		r.reportf(BreachSequence, e.Seq, "seq %d stands twice", e.Seq)
	case e.Seq == seq+2:
		r.reportf(BreachSequence, e.Seq-1, "entry %d is missing", e.Seq-1)
	default:
		// Without the entry before it, nothing can be said of its hash.
		r.found(Breach{
			UserUUID: r.user, Kind: BreachSequence, Seqs: []int64{seq + 1, e.Seq - 1},
			Detail: "the entries from one to the other are missing",
		})
	}
}

// checkTimes checks that time does not run backwards and that the columns
// which others read say the same as those that the chain covers.
func (r *replay) checkTimes(e *credits.Entry) {
	if e.AtUs < r.at && e.OpKind != credits.KindClockReset {
		r.reportf(BreachTime, e.Seq, "at_us is %d, before the entry before it", e.AtUs)
	}
	if wroteByOthers(e) {
		return // in whatever form they like
	}
	// An adopted column may hold whole seconds, rounded either way.
	if off := e.CreatedAt.Sub(column.Time(e.AtUs)); e.CreatedAt.IsZero() || off.Abs() > time.Second {
		r.reportf(BreachTime, e.Seq, "created_at is %s, at_us says %s",
			e.CreatedAt.UTC().Format(time.RFC3339Nano), column.Time(e.AtUs).Format(time.RFC3339Nano))
	}
	if want := column.ExpiryText(e.ExpiresUs); e.ExpiredAt != want {
		r.reportf(BreachExpiry, e.Seq, "expired_at is %q, expires_us says %q", e.ExpiredAt, want)
	}
}

// wroteByOthers reports whether the entry was a row of another program before it
// was taken over: what that wrote in created_at and expired_at stands there.
func wroteByOthers(e *credits.Entry) bool {
	if e.OpHash != ledgerkey.Adopted {
		return false
	}
	var data struct {
		Adopted struct {
			Row int64 `json:"row"`
		} `json:"adopted"`
	}
	return json.Unmarshal([]byte(e.OpData), &data) == nil && data.Adopted.Row != 0
}
