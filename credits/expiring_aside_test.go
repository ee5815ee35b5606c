package credits_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// A broken account does not hide what expires on the others.
func TestExpiringSoonSetsBrokenAccountsAside(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		var broken []string
		for _, name := range []string{"allocations that do not parse", "a hold of a grant that is missing", "a hold of more than it says"} {
			tell := dueAccount(t, env, 4)
			tell.exec(damages[name], tell.User)
			broken = append(broken, tell.User)
		}
		whole := []*teller{dueAccount(t, env, 4), dueAccount(t, env, 4)}
		p := credits.ExpiringSoonParams{At: hour(3), Within: 2 * time.Hour, Limit: 2}
		var aside, listed []string
		for {
			page, err := credits.ExpiringSoon(t.Context(), env.DB, p)
			require.NotNil(t, page, "%v", err)
			if len(page.SetAside) > 0 {
				require.ErrorIs(t, err, credits.ErrCorrupt)
				require.ErrorAs(t, err, new(*credits.SweepError))
			} else {
				require.NoError(t, err)
			}
			for _, a := range page.SetAside {
				aside = append(aside, a.UserUUID)
			}
			for _, g := range page.Items {
				listed = append(listed, g.UserUUID)
				assert.EqualValues(t, 2, g.Amount, "the hold has timed out")
			}
			if p.Cursor = page.Next; p.Cursor == "" {
				break
			}
		}
		assert.ElementsMatch(t, broken, aside)
		assert.ElementsMatch(t, []string{whole[0].User, whole[1].User}, listed)

		_, err := credits.ExpiringSoon(t.Context(), env.DB, credits.ExpiringSoonParams{UserUUID: broken[0], At: hour(3), Within: 2 * time.Hour})
		require.ErrorIs(t, err, credits.ErrCorrupt)
	})
}
