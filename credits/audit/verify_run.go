package audit

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// verifyChunk is how many accounts are read from one snapshot.
const verifyChunk = 100

// verifier is one run of Verify.
type verifier struct {
	db      bun.IDB
	params  VerifyParams
	against map[string][]ChainHead
	total   int64
	report  VerifyReport
}

func newVerifier(db bun.IDB, p VerifyParams) *verifier {
	v := &verifier{db: db, params: p, against: map[string][]ChainHead{}}
	for _, h := range p.Against {
		v.against[h.UserUUID] = append(v.against[h.UserUUID], h)
	}
	for _, heads := range v.against {
		slices.SortFunc(heads, func(x, y ChainHead) int { return cmp.Compare(x.Seq, y.Seq) })
	}
	return v
}

func (v *verifier) run(ctx context.Context) error {
	if v.params.UserUUID != "" {
		v.total = 1
		return v.chunk(ctx, []string{v.params.UserUUID})
	}
	if err := v.db.NewRaw("SELECT COUNT(*) FROM credits").Scan(ctx, &v.total); err != nil {
		return err
	}
	for i := range ledgerTables() {
		if err := v.table(ctx, i); err != nil {
			return err
		}
	}
	return v.lost(ctx)
}

// ledgerTables are all that hold something of an account, the account first.
func ledgerTables() []string {
	return []string{"credits", "credits_trans", "credits_trans_archive", "credits_lots", "credits_holds", "credits_budgets"}
}

// table checks the users of one table that the tables before it do not have.
// Each is listed in its own order: adopted tables may sort differently.
func (v *verifier) table(ctx context.Context, table int) error {
	for last := ""; ; {
		var users []string
		err := v.db.NewRaw("SELECT DISTINCT user_uuid FROM ? WHERE user_uuid > ? ORDER BY user_uuid LIMIT ?",
			bun.Ident(ledgerTables()[table]), last, verifyChunk).Scan(ctx, &users)
		if err != nil || len(users) == 0 {
			return err
		}
		last = users[len(users)-1]
		for _, earlier := range ledgerTables()[:table] {
			if users, err = v.without(ctx, users, earlier); err != nil {
				return err
			}
		}
		if err := v.chunk(ctx, users); err != nil {
			return err
		}
	}
}

// without removes the users that a table has.
func (v *verifier) without(ctx context.Context, users []string, table string) ([]string, error) {
	if len(users) == 0 {
		return nil, nil
	}
	var known []string
	err := v.db.NewRaw("SELECT DISTINCT user_uuid FROM ? WHERE user_uuid IN (?)",
		bun.Ident(table), bun.List(users)).Scan(ctx, &known)
	return slices.DeleteFunc(users, func(u string) bool { return slices.Contains(known, u) }), err
}

// lost checks the exported heads of users that no table has.
func (v *verifier) lost(ctx context.Context) error {
	users := make([]string, 0, len(v.against))
	for user := range v.against {
		users = append(users, user)
	}
	slices.Sort(users)
	for part := range slices.Chunk(users, verifyChunk) {
		if err := v.chunk(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// snapshotTries bounds how often a chunk is read again after a transient
// failure, such as a replica that cancels a query.
const snapshotTries = 3

// chunk checks some accounts.
func (v *verifier) chunk(ctx context.Context, users []string) error {
	if len(users) == 0 {
		return nil
	}
	if tx, ok := dialect.TxOf(v.db); ok {
		return v.within(ctx, tx, users)
	}
	for try := 1; ; try++ {
		var counted tally
		emitted := false
		err := snapshot(ctx, v.db, func(ctx context.Context, tx bun.Tx) error {
			rd := newReader(tx, "", v.tick)
			return rd.packs(ctx, users, func(user string) error {
				checked, err := v.account(ctx, rd, user, func(b Breach) { emitted = true; v.emit(b) })
				counted.add(checked)
				return err
			})
		})
		if err == nil {
			v.done(counted, users)
			return nil
		}
		if try == snapshotTries || emitted || !dialect.IsTransient(err) {
			return err
		}
	}
}

// snapshot runs fn in a transaction that sees the database as it is at one
// moment, and that cannot write where the engine can promise it.
func snapshot(ctx context.Context, db bun.IDB, fn func(context.Context, bun.Tx) error) error {
	caps := dialect.Of(db)
	options := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: caps.ReadOnlyTransactions()}
	if !caps.LocksRows() {
		options.Isolation = sql.LevelDefault // SQLite has one, and it is this
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends it where a hook panics at BEGIN
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it has read only
	return fn(ctx, tx)
}

func (v *verifier) emit(b Breach) {
	v.report.BreachCount++
	if len(v.report.Breaches) < v.params.Limit {
		v.report.Breaches = append(v.report.Breaches, b)
	}
	if v.params.OnBreach != nil {
		v.params.OnBreach(b)
	}
}

func (v *verifier) emitAll(breaches []Breach) {
	for _, b := range breaches {
		v.emit(b)
	}
}

// done adds checked accounts to the report.
func (v *verifier) done(counted tally, users []string) {
	counted.addTo(&v.report)
	for _, user := range users {
		delete(v.against, user)
	}
	v.tick(0)
}

// tick tells of the progress, with entries that the report does not have yet.
func (v *verifier) tick(entries int64) {
	if v.params.Progress != nil {
		v.params.Progress(VerifyProgress{
			Accounts: v.report.Accounts, TotalAccounts: v.total, Entries: v.report.Entries + entries,
		})
	}
}
