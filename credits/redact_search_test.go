package credits_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// searcher has a copy of an account and tries what its metadata may have been.
type searcher struct {
	entries []credits.Entry
	// stored are all texts of the account, any of which may be a salt.
	stored []string
	hashes map[string]bool
}

// newSearcher reads everything that is stored of an account, and its head.
func newSearcher(t *testing.T, db *bun.DB, user string) *searcher {
	t.Helper()
	ctx := context.Background()
	s := &searcher{hashes: map[string]bool{}, stored: []string{""}}
	require.NoError(t, db.NewSelect().Model(&s.entries).Where("user_uuid = ?", user).OrderExpr("seq").Scan(ctx))
	seen := map[string]bool{}
	add := func(text string) {
		text = strings.TrimPrefix(text, "redacted:sha256:")
		if !seen[text] && text != "" {
			seen[text] = true
			s.stored = append(s.stored, text)
			s.hashes[text] = true
		}
	}
	for _, table := range []string{"credits", "credits_trans", "credits_lots", "credits_holds"} {
		for _, text := range texts(t, db, table, user) {
			add(text)
		}
	}
	head, err := audit.Head(ctx, db, audit.HeadParams{UserUUID: user})
	require.NoError(t, err)
	require.True(t, seen[head.Hash])
	return s
}

// texts are all values of an account's rows in a table, as texts.
func texts(t *testing.T, db *bun.DB, table, user string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), "SELECT * FROM "+table+" WHERE user_uuid = ?", user)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(sql.NullString)
		}
		require.NoError(t, rows.Scan(values...))
		for _, v := range values {
			all = append(all, v.(*sql.NullString).String)
		}
	}
	require.NoError(t, rows.Err())
	return all
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// finds reports whether some stored hash gives away that a text was the metadata
// of an entry.
func (s *searcher) finds(t *testing.T, text string) bool {
	t.Helper()
	for _, salt := range s.stored {
		for _, known := range []string{hashOf(salt + text), hashOf(text + salt), text} {
			if s.hashes[known] {
				return true
			}
			for i := range s.entries {
				if s.hashes[fingerprint(t, &s.entries[i], known)] || s.entries[i].Hash == s.link(t, i, known) {
					return true
				}
			}
		}
	}
	return false
}

// fingerprint is a charge's.
func fingerprint(t *testing.T, e *credits.Entry, metadata string) string {
	t.Helper()
	text, err := json.Marshal([]any{e.OpKind, e.OrderNo, e.GenID, metadata, -e.Credits, e.TransType})
	require.NoError(t, err)
	return hashOf(string(text))
}

// link is the hash of an entry if its metadata has the digest.
func (s *searcher) link(t *testing.T, i int, digest string) string {
	t.Helper()
	e, previous := &s.entries[i], ""
	if i > 0 {
		previous = s.entries[i-1].Hash
	}
	texts, err := json.Marshal([]string{
		e.UserUUID, e.TransType, string(e.OpKind), e.OpKey, e.OpHash, e.OpData, fmt.Sprint(e.TargetSeq), e.OrderNo, e.GenID, digest,
	})
	require.NoError(t, err)
	numbers := strings.Trim(fmt.Sprint([]int64{
		e.Seq, e.OpSeq, e.Lot, e.Credits, e.Held, e.Balance, e.Available, e.AtUs, e.ExpiresUs,
	}), "[]")
	return hashOf(previous + "|" + strings.ReplaceAll(numbers, " ", "|") + "|" + hashOf(string(texts)))
}

// TestRedactedMetadataIsNotFoundByTrying: an IP address is one of few, so that any
// hash of it alone gives it away.
func TestRedactedMetadataIsNotFoundByTrying(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		_, err := credits.Grant(ctx, env.DB, credits.GrantParams{
			UserUUID: user, Amount: 100, Type: credits.TypeSystemAdd, Metadata: map[string]any{"ip": "192.0.2.1"},
		})
		require.NoError(t, err)
		var ops []credits.Op // the general path, beside the charge that has a way of its own
		for i := range 3 {
			p := credits.ChargeParams{UserUUID: user, Amount: int64(i + 1), Key: fmt.Sprint("c", i), Metadata: map[string]any{"ip": fmt.Sprint("192.0.2.", 50+i)}}
			if i == 2 {
				_, err = credits.Charge(ctx, env.DB, p)
				require.NoError(t, err)
				break
			}
			ops = append(ops, p)
		}
		_, err = credits.Post(ctx, env.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
		require.NoError(t, err)

		found := func() (addresses []string) {
			s := newSearcher(t, env.DB, user)
			// Those that were there, and neighbours: no other can be found.
			for _, i := range []int{0, 1, 2, 49, 50, 51, 52, 53} {
				address := fmt.Sprint("192.0.2.", i)
				if s.finds(t, `{"ip":"`+address+`"}`) {
					addresses = append(addresses, address)
				}
			}
			return addresses
		}
		require.Equal(t, []string{"192.0.2.1", "192.0.2.50", "192.0.2.51", "192.0.2.52"}, found(), "the search would find them")
		_, err = credits.Redact(ctx, env.DB, credits.RedactParams{UserUUID: user})
		require.NoError(t, err)
		require.Empty(t, found())
		report, err := audit.Verify(ctx, env.DB, audit.VerifyParams{UserUUID: user})
		require.NoError(t, err)
		require.True(t, report.OK(), "%v", report.Breaches)
	})
}

// TestReplayAfterRedact: a repeated call is told apart from another one by all
// that is left.
func TestReplayAfterRedact(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		_, err := credits.Grant(ctx, env.DB, credits.GrantParams{UserUUID: user, Amount: 100, Type: credits.TypeSystemAdd})
		require.NoError(t, err)
		with := credits.ChargeParams{UserUUID: user, Amount: 5, Key: "with", OrderNo: "o", Metadata: map[string]any{"ip": "192.0.2.1"}}
		bare := credits.ChargeParams{UserUUID: user, Amount: 5, Key: "bare"}
		check := func(p credits.ChargeParams, change func(p *credits.ChargeParams), reused bool) {
			t.Helper()
			if change != nil {
				change(&p)
			}
			op, err := credits.Charge(ctx, env.DB, p)
			if reused {
				require.ErrorIs(t, err, credits.ErrKeyReused)
				return
			}
			require.NoError(t, err)
			require.True(t, op.Replayed)
		}
		for _, p := range []credits.ChargeParams{with, bare} {
			_, err = credits.Charge(ctx, env.DB, p)
			require.NoError(t, err)
		}
		other := func(p *credits.ChargeParams) { p.Metadata = map[string]any{"ip": "192.0.2.2"} }
		none := func(p *credits.ChargeParams) { p.Metadata = nil }
		for _, redacted := range []bool{false, true} {
			check(with, nil, false)
			check(with, other, !redacted)
			check(with, none, true)
			check(with, func(p *credits.ChargeParams) { p.Amount++ }, true)
			check(with, func(p *credits.ChargeParams) { p.OrderNo = "p" }, true)
			check(bare, nil, false)
			check(bare, other, true)
			_, err := credits.Redact(ctx, env.DB, credits.RedactParams{UserUUID: user})
			require.NoError(t, err)
		}
	})
}
