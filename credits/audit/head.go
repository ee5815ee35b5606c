package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ChainHead is the end of an account's history at one moment. Its hash covers
// every entry up to it: kept out of reach of whoever controls the database, it
// proves later ([VerifyParams].Against) that nothing before it was changed.
type ChainHead struct {
	UserUUID string `json:"user_uuid"`
	// Seq is the number of the latest entry, 0 for none, and Hash its hash.
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
	// At is the ledger's time of that entry, UTC.
	At time.Time `json:"at,omitzero"`
}

// HeadParams ask for an account's head.
type HeadParams struct {
	UserUUID string
}

// Head returns the head of an account's history. An account without entries
// has one with Seq 0.
//
// Errors: *InvalidError; *HistoryError when the account's row does not name
// its latest entry, in which case a head would prove nothing; *dialect.Error.
func Head(ctx context.Context, db bun.IDB, p HeadParams) (*ChainHead, error) {
	if err := valid.Required("UserUUID", p.UserUUID, 255); err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	heads, err := readHeads(ctx, db, "t.user_uuid = ? AND t.seq = a.seq", "a.user_uuid = ?", p.UserUUID, 1)
	if err != nil {
		return nil, err
	}
	if len(heads) == 0 {
		return &ChainHead{UserUUID: p.UserUUID}, nil
	}
	return &heads[0], nil
}

// DefaultHeadLimit and MaxHeadLimit bound a page of heads.
const (
	DefaultHeadLimit = 1000
	MaxHeadLimit     = 10_000
)

// ExportHeadsParams ask for a page of heads.
type ExportHeadsParams struct {
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is in heads; 0 means DefaultHeadLimit, and MaxHeadLimit is the
	// maximum.
	Limit int
}

// headsScope names the list in its cursors.
const headsScope = "audit/heads"

// ExportHeads lists the heads of all accounts that have entries. Each head is
// exact, but heads of different pages may be from different moments.
//
// Errors: *InvalidError; *HistoryError as for [Head]; *dialect.Error.
func ExportHeads(ctx context.Context, db bun.IDB, p ExportHeadsParams) (*list.Page[ChainHead], error) {
	if p.Limit < 0 || p.Limit > MaxHeadLimit {
		return nil, valid.Failf("Limit", "%d is not between 0 and %d", p.Limit, MaxHeadLimit)
	}
	if p.Limit == 0 {
		p.Limit = DefaultHeadLimit
	}
	after, err := page.ParseTextCursor(p.Cursor, headsScope, 255)
	if err != nil {
		return nil, err
	}
	if err := dialect.CheckSession(ctx, db); err != nil {
		return nil, err
	}
	heads, err := readHeads(ctx, db, "t.user_uuid = a.user_uuid AND t.seq = a.seq AND t.user_uuid > ?",
		"a.seq > 0 AND a.user_uuid > ?", after, p.Limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(heads) > p.Limit {
		heads = heads[:p.Limit]
		next = page.TextCursor(headsScope, heads[p.Limit-1].UserUUID)
	}
	return page.Of(heads, next), nil
}

// readHeads reads heads in one statement, which sees one moment. The account's
// row and its latest entry must agree. Both of join and where are given the user.
func readHeads(ctx context.Context, db bun.IDB, join, where, user string, limit int) ([]ChainHead, error) {
	var rows []struct {
		UserUUID string
		Seq      int64
		HeadHash string
		Hash     string
		AtUs     int64
	}
	err := db.NewRaw("SELECT a.user_uuid, a.seq, a.head_hash, t.hash, t.at_us FROM credits AS a "+
		"LEFT JOIN credits_trans AS t ON "+join+
		" WHERE "+where+" ORDER BY a.user_uuid LIMIT ?", user, user, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	heads := make([]ChainHead, len(rows))
	for i, row := range rows {
		heads[i] = ChainHead{UserUUID: row.UserUUID, Seq: row.Seq, Hash: row.Hash}
		if row.Seq == 0 {
			continue
		}
		if row.Hash == "" || row.Hash != row.HeadHash {
			return nil, &HistoryError{UserUUID: row.UserUUID, Breaches: []Breach{{
				UserUUID: row.UserUUID, Kind: BreachChain, Seqs: []int64{row.Seq},
				Detail: "the account's row does not name its latest entry",
			}}}
		}
		heads[i].At = column.Time(row.AtUs)
	}
	return heads, nil
}

// ErrHistoryBroken matches every *HistoryError.
var ErrHistoryBroken = errors.New("ledger history is broken")

// HistoryError says that an account's history is not what the ledger wrote.
// Nothing was written.
type HistoryError struct {
	UserUUID string
	// Breaches are the first that were found, ten at most.
	Breaches []Breach
}

func (e *HistoryError) Error() string {
	if len(e.Breaches) == 0 {
		return fmt.Sprintf("account %s: %v", shown.Text(e.UserUUID), ErrHistoryBroken)
	}
	b := e.Breaches[0]
	return fmt.Sprintf("account %s: %v: %s %v: %s", shown.Text(e.UserUUID), ErrHistoryBroken, shown.Text(b.Kind), b.Seqs, shown.Line(b.Detail))
}

// Is matches ErrHistoryBroken.
func (e *HistoryError) Is(target error) bool { return target == ErrHistoryBroken }

// headCheck holds exported heads, in the order of their seq, against the
// entries of a replay.
type headCheck struct {
	replay *replay
	heads  []ChainHead
}

func (c *headCheck) entry(e *credits.Entry) {
	for len(c.heads) > 0 && c.heads[0].Seq <= e.Seq {
		h := c.heads[0]
		switch {
		case h.Seq < e.Seq:
			c.replay.reportf(BreachHead, h.Seq, "the entry of an exported head is missing")
		case h.Hash != e.Hash:
			c.replay.reportf(BreachHead, h.Seq, "the entry's hash is %s, the exported head's is %s", e.Hash, h.Hash)
		}
		c.heads = c.heads[1:]
	}
}

func (c *headCheck) end() {
	for _, h := range c.heads {
		var last int64
		if c.replay.prev != nil {
			last = c.replay.prev.Seq
		}
		c.replay.reportf(BreachHead, h.Seq, "history ends at entry %d, a head was exported at %d", last, h.Seq)
	}
	c.heads = nil
}
