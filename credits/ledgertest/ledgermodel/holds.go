package ledgermodel

import (
	"fmt"
	"slices"
	"time"

	"github.com/chameleon-go/chameleon/credits"
)

func holdVerb(p credits.HoldParams) verb {
	transType, timeout := or(p.Type, "ai_generation"), or(p.Timeout, time.Hour)
	return verb{
		user: p.UserUUID, key: p.Key, at: p.At, orderNo: p.OrderNo, genID: p.GenID,
		payload: fmt.Sprint("hold", p.Amount, transType, timeout, p.OrderNo, p.GenID),
		apply: func(a *Account, header credits.Entry) error {
			parts, err := a.draw(p.Amount)
			if err != nil {
				return err
			}
			header.OpKind = credits.KindHold
			h := &Hold{
				Seq: int64(len(a.Entries)) + 1, Key: p.Key, Amount: p.Amount, Type: transType,
				Status: credits.HoldActive, Due: a.AsOf + timeout.Microseconds(), Parts: parts,
			}
			w := a.write(header)
			for _, part := range parts {
				w.post(part.Lot, credits.TypeHold, 0, part.Amount)
			}
			a.Holds = append(a.Holds, h)
			return nil
		},
	}
}

// activeHold finds a hold that has not ended.
func (a *Account) activeHold(key string) (*Hold, error) {
	for _, h := range a.Holds {
		switch {
		case h.Key != key:
		case h.Status != credits.HoldActive:
			return nil, &credits.HoldEndedError{UserUUID: a.User, Key: key, Status: h.Status}
		default:
			return h, nil
		}
	}
	return nil, notFound(a.User, "hold", "HoldKey", key)
}

func captureVerb(p credits.CaptureParams) verb {
	return verb{
		user: p.UserUUID, key: p.Key, at: p.At, orderNo: p.OrderNo, genID: p.GenID,
		payload: fmt.Sprint("capture", p.HoldKey, p.Amount, p.KeepHold, p.OrderNo, p.GenID),
		apply: func(a *Account, header credits.Entry) error {
			h, err := a.activeHold(p.HoldKey)
			if err != nil {
				return err
			}
			var usable int64
			for _, part := range h.Parts {
				if a.grant(part.Lot).Expires > a.AsOf {
					usable += part.Amount
				}
			}
			amount := or(p.Amount, max(usable, 1))
			switch {
			case amount > h.Remaining():
				return &credits.ExceedsError{UserUUID: a.User, Key: h.Key, Asked: amount, Left: h.Remaining()}
			case amount > usable:
				return &credits.InsufficientError{UserUUID: a.User, Need: amount, Have: usable}
			}
			header.OpKind, header.TargetSeq = credits.KindCapture, h.Seq
			h.Captured += amount
			w := a.write(header)
			for i := range h.Parts {
				part := &h.Parts[i]
				take := min(amount, part.Amount)
				if take == 0 || a.grant(part.Lot).Expires <= a.AsOf {
					continue
				}
				w.post(part.Lot, h.Type, -take, -take)
				part.Amount -= take
				amount -= take
			}
			h.Parts = slices.DeleteFunc(h.Parts, func(part Part) bool { return part.Amount == 0 })
			if !p.KeepHold || h.Remaining() == 0 {
				w.end(h, credits.TypeRelease, credits.HoldCaptured)
			}
			return nil
		},
	}
}

func releaseVerb(p credits.ReleaseParams) verb {
	return verb{
		user: p.UserUUID, key: p.Key, at: p.At, payload: fmt.Sprint("release", p.HoldKey),
		apply: func(a *Account, header credits.Entry) error {
			h, err := a.activeHold(p.HoldKey)
			if err != nil {
				return err
			}
			header.OpKind, header.TargetSeq = credits.KindRelease, h.Seq
			a.write(header).end(h, credits.TypeRelease, credits.HoldReleased)
			return nil
		},
	}
}

func extendVerb(p credits.ExtendParams) verb {
	timeout := or(p.Timeout, time.Hour)
	return verb{
		user: p.UserUUID, key: p.Key, at: p.At, payload: fmt.Sprint("extend", p.HoldKey, timeout),
		apply: func(a *Account, header credits.Entry) error {
			h, err := a.activeHold(p.HoldKey)
			if err != nil {
				return err
			}
			h.Due = max(h.Due, a.AsOf+timeout.Microseconds())
			header.OpKind, header.TargetSeq = credits.KindExtend, h.Seq
			a.write(header).post(h.Parts[0].Lot, credits.TypeHoldExtend, 0, 0)
			return nil
		},
	}
}

// notFound is the ledger's error for an operation that is not there.
func notFound(user, what, field, key string) error {
	return &credits.NotFoundError{What: what, Field: field, Value: key, UserUUID: user, Err: credits.ErrNotFound}
}
