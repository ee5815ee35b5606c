package apikeys

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// HashOriginalsParams ask for a batch of another program's keys to be hashed.
type HashOriginalsParams struct {
	// After is the ID after which the batch begins, 0 for the first one.
	After int64
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
	// Hashed were stored in plain. Twins were, too, beside a row that holds their
	// hash already: they keep their text, which that row answers for.
	Hashed int64 `json:"hashed"`
	Twins  int64 `json:"twins"`
	// Next is the After of the next batch, 0 after the last one.
	Next int64 `json:"next"`
}

// HashOriginals hashes keys that are stored in plain, used or not, revoked or not.
// The original application of an adopted database does not find them any more:
// call it once that has gone. Their owners notice nothing.
//
// Each key is a transaction of its own; the pass may be stopped and begun again.
// Errors: *InvalidError; *dialect.Error, after which earlier keys are done.
func HashOriginals(ctx context.Context, db *bun.DB, p HashOriginalsParams) (*HashOriginalsResult, error) {
	at, atErr := valid.Time("At", p.At)
	if p.Limit == 0 {
		p.Limit = list.DefaultLimit
	}
	if p.Limit < 0 || p.Limit > list.MaxLimit {
		return nil, valid.Failf("Limit", "%d is outside 1 to %d", p.Limit, list.MaxLimit)
	}
	if err := valid.First(atErr, valid.AmountOrZero("After", p.After)); err != nil {
		return nil, err
	}
	var found []Key
	err := db.NewSelect().Model(&found).Where("id > ?", p.After).
		Where("? NOT LIKE ?", bun.Ident("key"), hashMark+"%").OrderExpr("id").Limit(int64(p.Limit)).Scan(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	result := &HashOriginalsResult{}
	for i := range found {
		if err := result.hash(ctx, db, &found[i], at, p.DryRun); err != nil {
			return nil, err
		}
	}
	if len(found) == p.Limit {
		result.Next = found[p.Limit-1].ID
	}
	return result, nil
}

// hash hashes one key, unless another row holds its hash.
func (r *HashOriginalsResult) hash(ctx context.Context, db *bun.DB, k *Key, at time.Time, dry bool) error {
	plain := string(k.Key)
	if strings.TrimSpace(plain) == "" {
		return nil
	}
	u := &use{key: k, hash: hashOf(plain), shown: shownOf(plain, "")}
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
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
