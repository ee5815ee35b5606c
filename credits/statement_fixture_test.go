package credits_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

const (
	readerUUID = "0190a000-0000-7000-8000-000000000001"
	otherUUID  = "0190a000-0000-7000-8000-000000000002"
)

var historyStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// history writes a varied history: every verb, equal times, expired grants,
// debts, timeouts, and rows of other programs among them.
type history struct {
	t    *testing.T
	db   *bun.DB
	env  *enginetest.Env
	rng  *rand.Rand
	user string
	at   time.Time
	keys map[credits.Kind][]string
	ops  []*credits.Operation
	n    int
}

func newHistory(t *testing.T, env *enginetest.Env, user string, seed uint64) *history {
	return &history{
		t: t, db: env.DB, env: env, user: user, at: historyStart,
		rng:  rand.New(rand.NewPCG(seed, 1)),
		keys: map[credits.Kind][]string{},
	}
}

// write adds n operations that succeed and some legacy rows, some of which are undated.
func (h *history) write(n int) {
	h.writeDated(n)
	for _, created := range h.undated() {
		h.insertLegacy(created, "NULL")
	}
}

func (h *history) writeDated(n int) {
	h.grant(time.Time{})
	for done := 1; done < n; {
		if h.rng.IntN(4) > 0 {
			h.at = h.at.Add(time.Duration(h.rng.Int64N(int64(20 * time.Hour))).Truncate(time.Microsecond))
		}
		if h.rng.IntN(8) == 0 {
			h.legacy()
		}
		if h.step() {
			done++
		}
	}
}

func (h *history) key() string {
	h.n++
	return fmt.Sprintf("%s:%d", h.user[len(h.user)-2:], h.n)
}

func (h *history) pick(kinds ...credits.Kind) string {
	var keys []string
	for _, k := range kinds {
		keys = append(keys, h.keys[k]...)
	}
	if len(keys) == 0 {
		return "none"
	}
	return keys[h.rng.IntN(len(keys))]
}

// step tries one operation; those that the ledger refuses do not count.
func (h *history) step() bool {
	amount := 1 + h.rng.Int64N(60)
	key := h.key()
	var op credits.Op
	switch h.rng.IntN(12) {
	case 0, 1:
		return h.grant(h.at.Add(time.Duration(1+h.rng.IntN(30)) * 24 * time.Hour))
	case 2, 3, 4:
		op = credits.ChargeParams{
			UserUUID: h.user, Amount: amount, Key: key, At: h.at, GenID: "gen_" + key,
			Metadata: map[string]any{"n": h.n},
		}
	case 5:
		op = credits.RefundParams{UserUUID: h.user, ChargeKey: h.pick(credits.KindCharge, credits.KindCapture), Key: key, At: h.at}
	case 6, 7:
		op = credits.HoldParams{
			UserUUID: h.user, Amount: amount, Key: key, At: h.at,
			Timeout: time.Duration(1+h.rng.IntN(72)) * time.Hour,
		}
	case 8:
		op = credits.CaptureParams{UserUUID: h.user, HoldKey: h.pick(credits.KindHold), Amount: 1, KeepHold: h.rng.IntN(2) == 0, Key: key, At: h.at}
	case 9:
		op = credits.ReleaseParams{UserUUID: h.user, HoldKey: h.pick(credits.KindHold), Key: key, At: h.at}
	case 10:
		op = credits.ExtendParams{UserUUID: h.user, HoldKey: h.pick(credits.KindHold), Timeout: 90 * time.Hour, Key: key, At: h.at}
	default:
		op = credits.ClawBackParams{UserUUID: h.user, GrantKey: h.pick(credits.KindGrant, credits.KindPaidGrant), Total: amount, Key: key, At: h.at}
	}
	return h.post(op)
}

func (h *history) grant(expires time.Time) bool {
	p := credits.GrantParams{
		UserUUID: h.user, Amount: 1 + h.rng.Int64N(100), Key: h.key(), At: h.at, ExpiresAt: expires,
		Type: []string{credits.TypeOrderPay, credits.TypePing, "Bonus", "bonus"}[h.rng.IntN(4)], OrderNo: "no-1",
	}
	if earlier := h.pick(credits.KindGrant, credits.KindPaidGrant); earlier != "none" && h.rng.IntN(3) == 0 {
		p.CarryOver = &credits.CarryOver{GrantKey: earlier, Max: 20}
	}
	return h.post(p)
}

func (h *history) post(op credits.Op) bool {
	out, err := credits.Post(context.Background(), h.db, credits.PostParams{Ops: []credits.Op{op}})
	require.NoError(h.t, err)
	if out[0].Err != nil {
		return false
	}
	done := out[0].Operation
	h.ops = append(h.ops, done)
	h.keys[done.Kind] = append(h.keys[done.Kind], done.Key)
	return true
}

// legacy inserts a row as another program does, at times that operations have
// too.
func (h *history) legacy() {
	expiries := []string{"NULL", "''", "'2027-03-26T17:36:59.509Z'", "'2027-02-23T19:29:51Z'", "'soon'"}
	at := h.at.Add(-time.Duration(h.rng.IntN(3)) * time.Hour)
	h.insertLegacy("'"+at.Format("2006-01-02 15:04:05.000000")+"'", expiries[h.rng.IntN(len(expiries))])
}

// undated are values of created_at without a time, as the engine takes them.
func (h *history) undated() []string {
	switch h.env.Engine {
	case dialect.PostgreSQL:
		return []string{"NULL", "'infinity'", "'-infinity'"}
	case dialect.SQLite:
		return []string{"NULL", "'yesterday'", "''"}
	}
	return []string{"NULL", "NULL", "NULL"}
}

func (h *history) insertLegacy(created, expires string) {
	types := []string{credits.TypePing, credits.TypeAIGeneration, "bonus"}
	_, err := h.db.ExecContext(context.Background(), fmt.Sprintf(
		"INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at) VALUES ('%s', '%s', %d, %s, %s)",
		h.user, types[h.rng.IntN(3)], h.rng.IntN(40)-20, expires, created))
	require.NoError(h.t, err)
}

// rawHistory reads an account's rows in order of id.
func rawHistory(t *testing.T, env *enginetest.Env, user string) []rawEntry {
	t.Helper()
	created := "CAST(created_at AS CHAR(40))"
	if env.Engine == dialect.PostgreSQL || env.Engine == dialect.SQLite {
		created = "CAST(created_at AS text)"
	}
	var rows []struct {
		credits.Entry `bun:",extend"`
		Created       string
	}
	columns := []string{
		"id", "user_uuid", "trans_type", "credits", "expired_at", "seq", "op_seq", "op_key", "op_kind", "lot",
		"held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata",
	}
	err := env.DB.NewRaw("SELECT "+strings.Join(columns, ", ")+", COALESCE("+created+", '') AS created "+
		"FROM credits_trans WHERE user_uuid = ? ORDER BY id", user).Scan(context.Background(), &rows)
	require.NoError(t, err)
	kinds := map[int64]credits.Kind{}
	for _, row := range rows {
		if row.OpKind != "" {
			kinds[row.Seq] = row.OpKind
		}
	}
	out := make([]rawEntry, len(rows))
	for i, row := range rows {
		out[i] = rawEntry{Entry: row.Entry, Kind: kinds[row.OpSeq], At: time.UnixMicro(row.AtUs).UTC()}
		if row.Seq == 0 {
			at, err := time.Parse("2006-01-02 15:04:05", strings.TrimSuffix(row.Created, "+00"))
			out[i].At, out[i].Undated = at, err != nil
		}
	}
	return out
}
