package credits_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// op is an act of the ledger.
func op(name string, want error, of func(user string) credits.Op) enginetest.Act {
	return enginetest.Act{Name: name, Want: want, Do: func(ctx context.Context, db bun.IDB, user string) error {
		out, err := credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{of(user)}})
		if err != nil {
			return err
		}
		return out[0].Err
	}}
}

func chargeAct(name string, want error, key string, amount int64) enginetest.Act {
	return enginetest.Act{Name: name, Want: want, Do: func(ctx context.Context, db bun.IDB, user string) error {
		_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: amount, Key: key})
		return err
	}}
}

func read(name string, of func(ctx context.Context, db bun.IDB, user string) error) enginetest.Act {
	return enginetest.Act{Name: name, Do: of}
}

// foundAccount gives an account a history: grants, a charge, a hold.
func foundAccount(ctx context.Context, t testing.TB, db *bun.DB, user string) {
	t.Helper()
	for _, op := range []credits.Op{
		credits.GrantParams{
			UserUUID: user, Amount: 100, Type: "gift", Key: "g1", ExpiresAt: time.Now().AddDate(0, 0, 1),
			Metadata: map[string]any{"from": "somebody"},
		},
		credits.GrantParams{UserUUID: user, Amount: 50, Type: "gift", Key: "g2"},
		credits.ChargeParams{UserUUID: user, Amount: 5, Key: "c"},
		credits.HoldParams{UserUUID: user, Amount: 5, Key: "h"},
	} {
		out, err := credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{op}, AllOrNothing: true})
		require.NoError(t, err)
		require.NoError(t, out[0].Err)
	}
}

func redacted(ctx context.Context, db bun.IDB, u string) error {
	_, err := credits.Redact(ctx, db, credits.RedactParams{UserUUID: u})
	return err
}

func ledgerActs() (existing, fresh []enginetest.Act) {
	insufficient, missing := credits.ErrInsufficient, credits.ErrNotFound
	grant := op("Grant", nil, func(u string) credits.Op {
		return credits.GrantParams{UserUUID: u, Amount: 7, Type: "gift", Key: "n01", ExpiresAt: time.Now().AddDate(0, 0, 2)}
	})
	sooner := op("Grant of what expires first", nil, func(u string) credits.Op {
		return credits.GrantParams{UserUUID: u, Amount: 7, Type: "gift", Key: "n02", ExpiresAt: time.Now().Add(time.Hour)}
	})
	newUser := op("NewUser", nil, func(u string) credits.Op { return credits.GrantNewUserCreditsParams{UserUUID: u} })
	ping := op("Ping", nil, func(u string) credits.Op { return credits.PingParams{UserUUID: u} })
	reads := []enginetest.Act{
		read("Balance", func(ctx context.Context, db bun.IDB, u string) error {
			_, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: u})
			return err
		}),
		read("Balance when something has fallen due", func(ctx context.Context, db bun.IDB, u string) error {
			_, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: u, At: time.Now().AddDate(0, 0, 3)})
			return err
		}),
		read("Statement", func(ctx context.Context, db bun.IDB, u string) error {
			_, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: u})
			return err
		}),
		read("Verify", func(ctx context.Context, db bun.IDB, u string) error {
			_, err := audit.Verify(ctx, db, audit.VerifyParams{UserUUID: u})
			return err
		}),
	}
	existing = append([]enginetest.Act{
		grant, sooner, newUser, ping,
		op("Grant, again", nil, func(u string) credits.Op {
			return credits.GrantParams{UserUUID: u, Amount: 50, Type: "gift", Key: "g2"}
		}),
		op("Grant with a carry-over", nil, func(u string) credits.Op {
			return credits.GrantParams{
				UserUUID: u, Amount: 7, Type: "gift", Key: "n03",
				CarryOver: &credits.CarryOver{GrantKey: "g1", Max: 10},
			}
		}),
		chargeAct("Charge", nil, "n04", 3),
		chargeAct("Charge of two grants", nil, "n05", 120),
		chargeAct("Charge, refused", insufficient, "n06", 1000),
		chargeAct("Charge, again", nil, "c", 5),
		chargeAct("Charge under a used key", credits.ErrKeyReused, "c", 6),
		op("Hold", nil, func(u string) credits.Op { return credits.HoldParams{UserUUID: u, Amount: 3, Key: "n07"} }),
		op("Hold, refused", insufficient, func(u string) credits.Op {
			return credits.HoldParams{UserUUID: u, Amount: 1000, Key: "n08"}
		}),
		op("Hold, again", nil, func(u string) credits.Op { return credits.HoldParams{UserUUID: u, Amount: 5, Key: "h"} }),
		op("Capture", nil, func(u string) credits.Op {
			return credits.CaptureParams{UserUUID: u, HoldKey: "h", Amount: 2, Key: "n09"}
		}),
		op("Capture that keeps the hold", nil, func(u string) credits.Op {
			return credits.CaptureParams{UserUUID: u, HoldKey: "h", Amount: 2, KeepHold: true, Key: "n10"}
		}),
		op("Capture of no hold", missing, func(u string) credits.Op {
			return credits.CaptureParams{UserUUID: u, HoldKey: "none", Key: "n11"}
		}),
		op("Release", nil, func(u string) credits.Op { return credits.ReleaseParams{UserUUID: u, HoldKey: "h", Key: "n12"} }),
		op("Extend", nil, func(u string) credits.Op {
			return credits.ExtendParams{UserUUID: u, HoldKey: "h", Timeout: 5 * time.Hour, Key: "n13"}
		}),
		op("Hold that has timed out, and a charge", nil, func(u string) credits.Op {
			return credits.ChargeParams{UserUUID: u, Amount: 1, Key: "n14", At: time.Now().Add(2 * time.Hour), MaxAhead: credits.AnyTime}
		}),
		op("Refund", nil, func(u string) credits.Op { return credits.RefundParams{UserUUID: u, ChargeKey: "c", Key: "n15"} }),
		op("Refund of no charge", missing, func(u string) credits.Op {
			return credits.RefundParams{UserUUID: u, ChargeKey: "none", Key: "n16"}
		}),
		op("ClawBack", nil, func(u string) credits.Op {
			return credits.ClawBackParams{UserUUID: u, GrantKey: "g1", Total: 100, Key: "n17"}
		}),
		op("ClawBack of no grant", missing, func(u string) credits.Op {
			return credits.ClawBackParams{UserUUID: u, GrantKey: "none", Total: 1, Key: "n18"}
		}),
		op("Void", nil, func(u string) credits.Op { return credits.VoidParams{UserUUID: u, GrantKey: "g2", Key: "n19"} }),
		{Name: "Post of several", Do: func(ctx context.Context, db bun.IDB, u string) error {
			_, err := credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{
				credits.HoldParams{UserUUID: u, Amount: 3, Key: "b1"},
				credits.ChargeParams{UserUUID: u, Amount: 120, Key: "b2"},
				credits.CaptureParams{UserUUID: u, HoldKey: "h", Key: "b3"},
				credits.ChargeParams{UserUUID: u, Amount: 1000, Key: "b4"},
				credits.RefundParams{UserUUID: u, ChargeKey: "b2", Key: "b5"},
			}})
			return err
		}},
		read("Redact", redacted),
		read("ResetClock", func(ctx context.Context, db bun.IDB, u string) error {
			_, err := credits.Charge(ctx, db, credits.ChargeParams{
				UserUUID: u, Amount: 1, Key: "n29", At: time.Now().Add(90 * time.Minute), MaxAhead: credits.AnyTime,
			})
			if err != nil {
				return err
			}
			_, err = credits.ResetClock(ctx, db, credits.ResetClockParams{UserUUID: u, Key: "n30"})
			return err
		}),
		{Name: "one after the other", Do: func(ctx context.Context, db bun.IDB, u string) error {
			if _, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: u, Amount: 3, Key: "n1"}); err != nil {
				return err
			}
			if _, err := credits.Hold(ctx, db, credits.HoldParams{UserUUID: u, Amount: 120, Key: "n2"}); err != nil {
				return err
			}
			_, err := credits.Release(ctx, db, credits.ReleaseParams{UserUUID: u, HoldKey: "n2", Key: "n3"})
			return err
		}},
	}, reads...)
	fresh = append([]enginetest.Act{
		read("Redact", redacted), grant, newUser, ping,
		chargeAct("Charge of an unknown account", insufficient, "n20", 3),
		op("Hold of an unknown account", insufficient, func(u string) credits.Op {
			return credits.HoldParams{UserUUID: u, Amount: 3, Key: "n21"}
		}),
		op("Refund of an unknown account", missing, func(u string) credits.Op {
			return credits.RefundParams{UserUUID: u, ChargeKey: "c", Key: "n22"}
		}),
		{Name: "all of a first day", Do: func(ctx context.Context, db bun.IDB, u string) error {
			for _, a := range []enginetest.Act{newUser, ping, chargeAct("", nil, "x", 3)} {
				if err := a.Run(ctx, db, u); err != nil {
					return err
				}
			}
			return nil
		}},
	}, reads...)
	return existing, fresh
}

// TestStrangersDoNotWait: open transactions of callers on accounts that are
// neighbours.
func TestStrangersDoNotWait(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		existing, fresh := ledgerActs()
		enginetest.Strangers{Found: foundAccount, Existing: existing, Fresh: fresh}.NoWaits(t, env)
	})
}

// TestVerbsBehindSnapshots: what others have changed since the caller's first
// read is neither overlooked nor a reason to end the caller's transaction.
func TestVerbsBehindSnapshots(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			return // a transaction that writes is alone
		}
		existing, _ := ledgerActs()
		enginetest.Strangers{Found: foundAccount, Existing: existing}.BehindSnapshots(t, env)
	})
}
