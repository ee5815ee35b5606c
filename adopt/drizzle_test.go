//go:build drizzle

package adopt_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// drizzle is the original application, in a process of node's; see
// testdata/drizzle-app, which scripts/drizzle.sh installs.
type drizzle struct {
	*testing.T
	in  io.Writer
	out *bufio.Scanner
}

func startDrizzle(t *testing.T, env *enginetest.Env) *drizzle {
	t.Helper()
	node := exec.CommandContext(t.Context(), "node", "app.mjs")
	node.Dir, node.Stderr = os.Getenv("CHAMELEON_DRIZZLE_APP"), os.Stderr
	node.Env = append(os.Environ(), "DATABASE_URL="+strings.Replace(env.URL, "mariadb://", "mysql://", 1))
	in, err := node.StdinPipe()
	require.NoError(t, err)
	out, err := node.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start())
	t.Cleanup(func() { _ = in.Close(); _ = node.Wait() })
	return &drizzle{T: t, in: in, out: bufio.NewScanner(out)}
}

type args map[string]any

// do has the application do something, and reads its answer into each of into.
func (d *drizzle) do(command string, a args, into ...any) {
	d.Helper()
	a["command"] = command
	line, err := json.Marshal(a)
	require.NoError(d, err)
	_, err = d.in.Write(append(line, '\n'))
	require.NoError(d, err)
	require.True(d, d.out.Scan(), "the application ended")
	var answer struct {
		OK    json.RawMessage
		Error string
	}
	require.NoError(d, json.Unmarshal(d.out.Bytes(), &answer))
	require.Empty(d, answer.Error, command)
	for _, v := range into {
		require.NoError(d, json.Unmarshal(answer.OK, v))
	}
}

// shows is the balance of a user by the application's own query.
func (d *drizzle) shows(email string) (user string, left int64) {
	d.Helper()
	var row struct {
		UUID string
		Left int64
	}
	d.do("userWithCredits", args{"email": email}, &row)
	return row.UUID, row.Left
}

// agree asserts that both show one balance of a user, and returns it.
func (d *drizzle) agree(db *bun.DB, email string) (user string, left int64) {
	d.Helper()
	user, left = d.shows(email)
	b, err := credits.Balance(d.Context(), db, credits.BalanceParams{UserUUID: user})
	require.NoError(d, err)
	require.Equal(d, left, b.Available-b.Debt, email)
	return user, left
}

// TestDrizzle runs the original application, with Drizzle itself, on the database
// that is being adopted, in turns with our verbs and beside them.
func TestDrizzle(t *testing.T) {
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.Live(t, engine)
			d := startDrizzle(t, env)
			var emails []string
			d.do("emails", args{}, &emails)
			require.Len(t, emails, 60)
			for _, email := range emails {
				d.agree(env.DB, email)
			}
			d.turns(env.DB)
			d.beside(env.DB)
			d.newcomer(env.DB)
			_, err := adopt.Run(t.Context(), env.DB, adopt.Params{})
			require.NoError(t, err)
			for _, email := range emails[:20] { // a negative balance is debt now, and shown as nothing
				user, left := d.shows(email)
				b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user})
				require.NoError(t, err)
				require.Equal(t, left, b.Available, email)
			}
			d.key(env.DB)
			report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
			require.NoError(t, err)
			require.Empty(t, report.Breaches)
		})
	}
}

// turns moves a balance by both, one after the other.
func (d *drizzle) turns(db *bun.DB) {
	const email = "user3@example.com"
	user, want := d.agree(db, email)
	for range 3 {
		d.do("charge", args{"user": user, "amount": 3})
		_, err := credits.Charge(d.Context(), db, credits.ChargeParams{UserUUID: user, Amount: 2})
		require.NoError(d, err)
		d.do("grant", args{"user": user, "amount": 10})
		_, err = credits.Grant(d.Context(), db, credits.GrantParams{UserUUID: user, Amount: 5, Type: "system_add"})
		require.NoError(d, err)
		want += 10
		_, left := d.agree(db, email)
		require.Equal(d, want, left)
	}
}

// beside moves a balance by both at once. The application's numbers overwrite ours
// now and then; its rows say what it did.
func (d *drizzle) beside(db *bun.DB) {
	const email, times = "user3@example.com", 15
	user, before := d.agree(db, email)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range times {
			_, err := credits.Charge(d.Context(), db, credits.ChargeParams{UserUUID: user, Amount: 2})
			assert.NoError(d, err)
		}
	})
	d.do("charge", args{"user": user, "amount": 3, "times": times})
	wg.Wait()
	_, err := credits.Charge(d.Context(), db, credits.ChargeParams{UserUUID: user, Amount: 1})
	require.NoError(d, err)
	_, left := d.agree(db, email)
	// Its number can be one that fewer of its rows add up to than there are. The others
	// count when their time is over: until then, they are as yet to be written.
	var waiting int64
	err = db.NewRaw("SELECT COALESCE(SUM(credits), 0) FROM credits_trans WHERE user_uuid = ? AND seq IS NULL", user).
		Scan(d.Context(), &waiting)
	require.NoError(d, err)
	require.Equal(d, before-5*times-1, left+waiting)
}

// newcomer signs up and buys at the application, and is no stranger here.
func (d *drizzle) newcomer(db *bun.DB) {
	ctx := d.Context()
	const user, email = "5f0c6f4e-0000-4000-8000-0000000000aa", "New.Comer@Example.com"
	d.do("signUp", args{"user": user, "email": email, "code": "newCmr1"})
	in, err := users.SignIn(ctx, db, users.SignInParams{Profile: users.Profile{
		Provider: users.ProviderGitHub, Subject: "77", Email: "new.comer@example.com", EmailVerified: true,
	}})
	require.NoError(d, err)
	require.Equal(d, user, in.User.UUID)
	bonus, err := credits.GrantNewUserCredits(ctx, db, credits.GrantNewUserCreditsParams{UserUUID: user})
	require.NoError(d, err)
	require.True(d, bonus.Replayed)
	d.do("pay", args{"user": user, "order": "D-1", "credits": 1000})
	paid, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "D-1", Credits: 1000})
	require.NoError(d, err)
	require.True(d, paid.Replayed)
	_, left := d.agree(db, email)
	require.EqualValues(d, 1100, left)
	refunded, err := orders.Refund(ctx, db, orders.RefundParams{OrderNo: "D-1", Total: 999})
	require.NoError(d, err)
	require.EqualValues(d, 1000, refunded.Order.RefundedCredits)
	_, left = d.agree(db, email)
	require.EqualValues(d, 100, left)
}

// key is used by both.
func (d *drizzle) key(db *bun.DB) {
	const key = "sk-7vYDWBe1rMn1zEidGjWpLTiSHU0V1dPm"
	ours, err := apikeys.Authenticate(d.Context(), db, apikeys.AuthenticateParams{Key: apikeys.NewSecret(key)})
	require.NoError(d, err)
	var theirs struct{ User string }
	d.do("apiKey", args{"key": key}, &theirs)
	require.Equal(d, ours.Key.UserUUID, theirs.User)
}
