package credits_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// scene is an account whose owners' statements are interleaved. What it has in the
// end is what it began with, what the original's rows say and what our verbs did.
type scene struct {
	original
	db    *bun.DB
	truth int64
	// seen is what each actor read of left_credits.
	seen map[int]int64
}

// step is one statement of the original, or one verb.
type step func(s *scene, actor int)

func reads(s *scene, actor int) { s.seen[actor] = s.read() }

func inserts(amount int64) step {
	return func(s *scene, _ int) {
		s.row(credits.TypeAIGeneration, amount, nil)
		s.truth += amount
	}
}

func overwrites(amount int64) step {
	return func(s *scene, actor int) { s.write(s.seen[actor] + amount) }
}

func adds(amount int64) step { return func(s *scene, _ int) { s.add(amount) } }

// What a request of the original does, by the order of its statements.
func readRowNumber(amount int64) []step { return []step{reads, inserts(amount), overwrites(amount)} }

func readNumberRow(amount int64) []step { return []step{reads, overwrites(amount), inserts(amount)} }
func rowAdd(amount int64) []step        { return []step{inserts(amount), adds(amount)} }
func addRow(amount int64) []step        { return []step{adds(amount), inserts(amount)} }

func ourVerbs(amounts ...int64) (steps []step) {
	for _, amount := range amounts {
		steps = append(steps, func(s *scene, _ int) {
			s.truth += amount
			switch {
			case amount == 0:
				s.touch(s.db)
			case amount < 0:
				ourCharge(s.original, s.db, -amount)
			default:
				_, err := credits.Grant(s.Context(), s.db, credits.GrantParams{UserUUID: s.user, Amount: amount, Type: "x"})
				require.NoError(s, err)
			}
		})
	}
	return steps
}

// interleaved are all orders of the actors' steps, each a list of who is next.
func interleaved(left []int) (orders [][]int) {
	over := true
	for actor, n := range left {
		if n == 0 {
			continue
		}
		over = false
		rest := slices.Clone(left)
		rest[actor]--
		for _, order := range interleaved(rest) {
			orders = append(orders, append([]int{actor}, order...))
		}
	}
	if over {
		return [][]int{nil}
	}
	return orders
}

// opening is an account as it is found, with 100 credits.
type opening struct {
	name string
	// live and expired are the sums of the original's old rows.
	live, expired int64
	// ours means that the account is the ledger's own.
	ours bool
}

func (o opening) begin(s *scene) {
	s.truth = 100
	if o.ours {
		_, err := credits.Grant(s.Context(), s.db, credits.GrantParams{UserUUID: s.user, Amount: 100, Type: "x"})
		require.NoError(s, err)
		return
	}
	_, err := s.db.NewRaw("INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES (?, 100, 100)", s.user).Exec(s.Context())
	require.NoError(s, err)
	s.ago = time.Hour
	s.row(credits.TypeOrderPay, o.live, nil)
	if o.expired != 0 {
		s.row(credits.TypeOrderPay, o.expired, "2020-01-01T00:00:00.000Z")
	}
	s.ago = 0
}

var (
	known = []opening{
		{name: "ours", ours: true},
		{name: "met by its sum", live: 100},
		{name: "met by its sum, some of it expired", live: 40, expired: 60},
		{name: "met without what expired", live: 100, expired: 60},
	}
	differing = []opening{
		{name: "met above its rows", live: 63},
		{name: "met below its rows", live: 137},
	}
)

// TestOwnersInterleaved plays requests of the original, statement by statement, and
// verbs of ours in every order, from accounts that no verb has met and from our own.
// When no number is to come any more, each row counts once and each verb once.
func TestOwnersInterleaved(t *testing.T) {
	everywhere := append(slices.Clone(known), differing...)
	plays := []struct {
		openings []opening
		actors   [][]step
	}{
		{everywhere, [][]step{readRowNumber(-5), ourVerbs(-1, -1)}},
		{everywhere, [][]step{readRowNumber(5), ourVerbs(0, -1)}},
		{everywhere, [][]step{readRowNumber(-5), ourVerbs(0, 3)}},
		{everywhere, [][]step{rowAdd(-5), ourVerbs(0, -1)}},
		{known, [][]step{readRowNumber(-5), ourVerbs(0, -5)}}, // which both come to the same number
		{known, [][]step{readNumberRow(-5), ourVerbs(0, -1)}},
		{known, [][]step{addRow(-5), ourVerbs(0, -1)}},
		{known, [][]step{readRowNumber(-5), readRowNumber(-3), ourVerbs(0, -1)}},
		{known, [][]step{readRowNumber(-5), readRowNumber(-5), ourVerbs(0, -1)}},
		{known, [][]step{readRowNumber(-5), readRowNumber(3), ourVerbs(0, -1)}},
		{known, [][]step{readRowNumber(-5), readRowNumber(-3), ourVerbs(-1, 3)}},
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		few := len(slices.Collect(enginetest.Histories(t, 10)))
		for n, play := range plays {
			var lengths []int
			for _, steps := range play.actors {
				lengths = append(lengths, len(steps))
			}
			orders := interleaved(lengths)
			for _, opening := range play.openings {
				every := max(1, len(orders)/few)
				for i := n % every; i < len(orders); i += every {
					user := fmt.Sprintf("%d %s %d", n, opening.name, i)
					s := &scene{original: original{T: t, db: env.DB, user: user}, db: env.DB, seen: map[int]int64{}}
					opening.begin(s)
					s.play(play.actors, orders[i])
				}
			}
		}
		proven(t.Context(), t, env.DB, audit.VerifyParams{})
	})
}

func (s *scene) play(actors [][]step, order []int) {
	s.Helper()
	next := make([]int, len(actors))
	var told []string
	for _, actor := range order {
		actors[actor][next[actor]](s, actor)
		next[actor]++
		told = append(told, fmt.Sprintf("%d.%d", actor, next[actor]))
	}
	s.exec("UPDATE credits_trans SET created_at = '2020-01-01 00:00:00' WHERE user_uuid = ? AND seq IS NULL")
	_, err := credits.Adopt(s.Context(), s.db, credits.AdoptParams{UserUUID: s.user})
	require.NoError(s, err)
	b, err := credits.Balance(s.Context(), s.db, credits.BalanceParams{UserUUID: s.user})
	require.NoError(s, err)
	require.Equal(s, s.truth, b.Available-b.Debt, "%s: %s", s.user, strings.Join(told, ", "))
	require.Equal(s, b.Available, s.read())
	require.Zero(s, s.count("seq IS NULL"))
}

// TestWhatTheOriginalIsGiving meets an account while the original gives what we would
// give, too: its row is there, its number not yet.
func TestWhatTheOriginalIsGiving(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ping := func(user string) (*credits.Operation, error) {
			return credits.Ping(t.Context(), env.DB, credits.PingParams{UserUUID: user})
		}
		bonus := func(user string) (*credits.Operation, error) {
			return credits.GrantNewUserCredits(t.Context(), env.DB, credits.GrantNewUserCreditsParams{UserUUID: user})
		}
		for n, gives := range []struct {
			transType    string
			left, amount int64
			verb         func(user string) (*credits.Operation, error)
		}{
			{credits.TypePing, 100, 1, ping},
			{credits.TypeNewUser, 0, 100, bonus},
		} {
			o := original{T: t, db: env.DB, user: ownedUser(n)}
			_, err := env.DB.NewRaw("INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES (?, ?, ?)",
				o.user, gives.left, gives.left).Exec(t.Context())
			require.NoError(t, err)
			if gives.left > 0 {
				before := o
				before.ago = time.Hour
				before.row(credits.TypeOrderPay, gives.left, nil)
			}
			o.row(gives.transType, gives.amount, "2099-01-01T00:00:00.000Z")
			op, err := gives.verb(o.user)
			require.NoError(t, err)
			require.True(t, op.Replayed, gives.transType)
			ourCharge(o, env.DB, 1)
			o.write(gives.left + gives.amount)
			o.has(env.DB, gives.left+gives.amount-1, 0)
		}
	})
}
