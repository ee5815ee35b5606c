package strangers_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// behindVariable names the environment variable that has TestBehindOneAnother try every
// act behind every other one of its domain, "all", or of one domain, by its name.
const behindVariable = "CHAMELEON_BEHIND"

// TestBehindOneAnother: a caller's transaction reads something, then somebody else does
// one thing and commits, and then the transaction does another for the same user. In the
// end the tables hold what they would if the two had been done one after the other, in
// either order. Or the transaction is refused: because it is to be run again, as
// PostgreSQL and SQLite say, or because it does not see what was made meanwhile. Then it
// has written nothing, and being run again it does the rest.
func TestBehindOneAnother(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		callers := callersHandle(t, env)
		for _, d := range domains() {
			all := os.Getenv(behindVariable)
			if all != "" && all != "all" && all != d.name {
				continue
			}
			d.play(t, env.DB, callers, d.pairs(t, all != ""))
		}
	})
}

// callersHandle is where callers begin their transactions: on SQLite as database/sql does
// by itself, so that one that has only read lets others write.
func callersHandle(t *testing.T, env *enginetest.Env) *bun.DB {
	t.Helper()
	if env.Engine != dialect.SQLite {
		return env.DB
	}
	raw, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(env.URL, "sqlite://")+"?_pragma=busy_timeout(60000)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, raw.Close()) })
	return bun.NewDB(raw, sqlitedialect.New())
}

// domain are acts that concern one another, and what makes a user whom they are about.
type domain struct {
	name  string
	found []func(ctx context.Context, db bun.IDB, user string) error
	acts  []enginetest.Act
	// rivals are names of acts, these or others: the second is done behind the first.
	rivals [][2]string
	others []enginetest.Act
}

func domains() []domain {
	type found = []func(ctx context.Context, db bun.IDB, user string) error
	return []domain{
		{
			name: "orders", found: found{foundUser, foundOrders, foundPayments},
			acts: slices.Concat(orderActs(), paymentActs()), rivals: paymentRivals(),
		},
		{
			name: "affiliates", found: found{foundUser, foundOrders, foundCommissions},
			acts: commissionActs(), others: orderActs(), rivals: [][2]string{
				{"orders.Refund of a payment", "affiliates.Reduce"}, {"affiliates.Reduce", "orders.Refund of a payment"},
			},
		},
		{
			name: "users", found: found{foundUser, foundIdentity}, acts: slices.Concat(userActs(), identityActs()), rivals: [][2]string{
				{"users.LinkIdentity", "users.Delete"},
				{"users.SignIn, joins", "users.Delete"},
				{"users.UnlinkIdentity, not the last", "users.UnlinkIdentity, the last"},
				{"users.Delete", "users.LinkIdentity"},
			},
		},
		{name: "generations", found: found{foundUser, foundGenerations}, acts: generationActs(), rivals: [][2]string{
			{"generations.Fail", "generations.Complete"}, {"generations.Settle", "generations.Extend"},
		}},
		{name: "keys", found: found{foundUser, foundKeys}, acts: keyActs()},
		{name: "content", found: found{foundContent}, acts: contentActs(), rivals: [][2]string{
			{"content.CreatePost", "content.CreatePost, slug of the title"}, {"content.DeletePost", "content.UpdatePost"},
		}},
		{name: "providers", found: found{foundProvider}, acts: providerActs(), rivals: [][2]string{{"providers.Delete", "providers.Put, again"}}},
	}
}

// pair is an act of somebody else's, and one behind it.
type pair struct{ first, behind enginetest.Act }

// pairs are one act of each verb that writes behind itself, and the rivals; or all acts
// behind all that write.
func (d domain) pairs(t *testing.T, all bool) (pairs []pair) {
	t.Helper()
	named, verbs := map[string]enginetest.Act{}, map[string]bool{}
	for _, act := range d.acts {
		named[act.Name] = act
		verb, _, _ := strings.Cut(strings.ReplaceAll(act.Name, ",", " "), " ")
		if act.Want != nil || !all && verbs[verb] {
			continue
		}
		verbs[verb] = true
		for _, behind := range d.acts {
			if all || behind.Name == act.Name {
				pairs = append(pairs, pair{act, behind})
			}
		}
	}
	for _, act := range d.others {
		named[act.Name] = act
	}
	for _, names := range d.rivals {
		require.Contains(t, named, names[0])
		require.Contains(t, named, names[1])
		if !all {
			pairs = append(pairs, pair{named[names[0]], named[names[1]]})
		}
	}
	return pairs
}

// playedAtOnce is how many pairs are tried at once, each with users of its own.
func playedAtOnce(db *bun.DB) int {
	if !dialect.Of(db).LocksRows() {
		return 1 // more would wait for the one writer
	}
	return 3
}

func (d domain) play(t *testing.T, db, callers *bun.DB, pairs []pair) {
	t.Helper()
	next := make(chan pair)
	var players sync.WaitGroup
	for range playedAtOnce(db) {
		players.Go(func() {
			for p := range next {
				if err := d.try(t.Context(), db, callers, p); err != nil {
					t.Errorf("%s behind %s: %v", p.behind.Name, p.first.Name, err)
				}
			}
		})
	}
	for _, p := range pairs {
		next <- p
	}
	close(next)
	players.Wait()
}

// try does one act behind the other, and holds what the tables have of the user against
// what they have of others, for whom both acts were done one by one.
func (d domain) try(ctx context.Context, db, callers *bun.DB, p pair) error {
	want, alone, err := d.inTurn(ctx, db, p.first, p.behind)
	if err != nil {
		return err
	}
	var user string
	err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) (err error) {
		user, err = d.user(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	refused, err := behind(ctx, db, callers, p, user)
	if err != nil {
		return err
	}
	if again := refused != nil && fmt.Sprintf("%T", refused) != fmt.Sprintf("%T", alone); again {
		if !errors.Is(refused, dialect.ErrTransient) && !isNotFound(refused) {
			return fmt.Errorf("refused with %w, alone with %s", refused, fmt.Sprint(alone))
		}
		_ = p.behind.Do(ctx, db, user)
	}
	got, err := told(ctx, db, user)
	if err != nil || got == want {
		return err
	}
	if other, _, err := d.inTurn(ctx, db, p.behind, p.first); err != nil || got == other {
		return err
	}
	return fmt.Errorf("ended with %s, alone with %s\n%s", fmt.Sprint(refused), fmt.Sprint(alone), differing(want, got))
}

// behind does the first act of the pair after a transaction has read, and the second one
// in that, which is committed if it can be.
func behind(ctx context.Context, db, callers *bun.DB, p pair, user string) (refused, err error) {
	level := sql.LevelRepeatableRead
	if !dialect.Of(callers).LocksRows() {
		level = sql.LevelDefault
	}
	tx, err := callers.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return nil, err
	}
	var n int
	if err := tx.NewRaw("SELECT COUNT(*) FROM users").Scan(ctx, &n); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	if err := p.first.Do(ctx, db, user); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	if refused = p.behind.Do(ctx, tx, user); errors.Is(refused, dialect.ErrTransient) {
		return refused, tx.Rollback()
	}
	return refused, tx.Commit()
}

func isNotFound(err error) bool {
	_, ok := errors.AsType[*dialect.NotFoundError](err)
	return ok
}

// inTurn does acts one after the other for a new user, and returns what the tables then
// hold, and what the last act ended with. Nothing of it stays.
func (d domain) inTurn(ctx context.Context, db *bun.DB, acts ...enginetest.Act) (holds string, last, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", nil, err
	}
	user, err := d.user(ctx, tx)
	if err == nil {
		for _, act := range acts {
			last = act.Do(ctx, tx, user)
		}
		holds, err = told(ctx, tx, user)
	}
	return holds, last, errors.Join(err, tx.Rollback())
}

// behindPlace counts the users.
var behindPlace atomic.Int64

// user makes one.
func (d domain) user(ctx context.Context, db bun.IDB) (string, error) {
	n := behindPlace.Add(1)
	user := fmt.Sprintf("5a5a5a5a-5a5a-4a5a-8a5a-5a%05d%05d", n, n)
	for _, begin := range d.found {
		if err := begin(ctx, db, user); err != nil {
			return "", err
		}
	}
	return user, nil
}

// differing are the lines of one text that the other has not.
func differing(want, got string) string {
	var b strings.Builder
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for sign, lines := range map[string][2][]string{"-": {w, g}, "+": {g, w}} {
		for _, line := range lines[0] {
			if !slices.Contains(lines[1], line) {
				b.WriteString(sign + line + "\n")
			}
		}
	}
	return b.String()
}
