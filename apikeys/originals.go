package apikeys

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// HashOriginalsParams name a batch of another program's keys to hash.
type HashOriginalsParams struct {
	// Cursor is the Next of the batch before, empty for the first one.
	Cursor string
	// Limit is the size of the batch, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
	// DryRun counts and writes nothing.
	DryRun bool
	// At is when it happened; zero means now.
	At time.Time
}

// HashOriginalsResult is what became of a batch.
type HashOriginalsResult struct {
	// Hashed is how many plaintext keys were hashed. Twins is how many were not,
	// because another row already has their hash; that row is the one that
	// authenticates.
	Hashed int64 `json:"hashed"`
	Twins  int64 `json:"twins"`
	// Next is the cursor of the next batch, empty after the last one.
	Next string `json:"next,omitempty"`
}

// HashOriginals hashes keys that are stored in plaintext, whether or not they are
// used or revoked. The original application of an adopted database can no longer
// find them, so call this once it has been retired. Their owners notice nothing.
//
// Each key is handled in a transaction of its own; the pass may be stopped and
// restarted.
//
// Errors: *InvalidError for a field of p; *dialect.Error, after which earlier keys
// are done.
func HashOriginals(ctx context.Context, db *bun.DB, p HashOriginalsParams) (*HashOriginalsResult, error) {
	at, atErr := valid.Time("At", p.At)
	limit, limitErr := page.Limit(p.Limit)
	last, cursorErr := p.last()
	if err := valid.First(limitErr, cursorErr, atErr); err != nil {
		return nil, err
	}
	var found []Key
	err := db.NewSelect().Model(&found).Where("id > ?", last).
		Where("? NOT LIKE ?", bun.Ident("key"), hashMark+"%").OrderExpr("id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	result := &HashOriginalsResult{}
	for i := range found {
		if err := result.hash(ctx, db, &found[i], at, p.DryRun); err != nil {
			return nil, err
		}
	}
	if len(found) == limit {
		result.Next = page.TextCursor(originalsScope, strconv.FormatInt(found[limit-1].ID, 10))
	}
	return result, nil
}

// originalsScope names the batches in their cursors.
const originalsScope = "apikeys/originals"

// last is the ID of the last key of the batch before. Batches go by ID and not by
// time as pages do: a pass reads each key once, and every table has that index.
func (p HashOriginalsParams) last() (int64, error) {
	text, err := page.ParseTextCursor(p.Cursor, originalsScope, 20)
	if err != nil || text == "" {
		return 0, err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, valid.Failf("Cursor", "not a cursor")
	}
	return id, nil
}

// hash hashes one key, unless another row holds its hash.
func (r *HashOriginalsResult) hash(ctx context.Context, db *bun.DB, k *Key, at time.Time, dry bool) error {
	plain := string(k.Key)
	if strings.TrimSpace(plain) == "" {
		return nil
	}
	u := &use{key: k, hash: hashOf(plain), shown: shownOf(plain, "")}
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		cached.Changed(ctx, tx, keptName(k.Key))
		hashed, err := find(ctx, tx, plain, false, false)
		switch {
		case err != nil:
			return err
		case hashed != nil:
			r.Twins++
			return nil
		case dry:
			r.Hashed++
			return nil
		}
		n, err := rows.Affected(rows.Current(tx).NewUpdate().Model((*Key)(nil)).
			Set("? = ?", bun.Ident("key"), u.hash).Set("prefix = ?", u.shown).Set("updated_at = ?", at).
			Set("original = ?", false).
			Where("id = ?", k.ID).Where("user_uuid = ?", k.UserUUID).Where("? = ?", bun.Ident("key"), k.Key).Exec(ctx))
		if err == nil {
			r.Hashed += n
		}
		return dialect.Classify(err)
	})
}
