package enginetest_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/shardtest"
)

// TestFunctionsOfChanges asks PostgreSQL about statements that Citus refuses, and
// about some that it takes.
func TestFunctionsOfChanges(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.PostgreSQL)
	db, err := engines.OpenAdmin(dialect.PostgreSQL, env.URL)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	for statement, want := range map[string]string{
		`UPDATE credits SET updated_at = now()`:                                                                            "",
		`UPDATE credits SET head_hash = left_credits::text || 'x' WHERE user_uuid = $1::text`:                              "",
		`UPDATE credits SET seq = seq + $2 WHERE user_uuid = $1 AND as_of_us <= EXTRACT(EPOCH FROM statement_timestamp())`: "",
		`WITH c AS (UPDATE credits SET seq = seq + 1 RETURNING updated_at) SELECT to_char(updated_at, 'YYYY') FROM c`:      "",
		`UPDATE credits SET head_hash = concat_ws('|', seq)`:                                                               "concat_ws",
		`UPDATE credits SET head_hash = encode(convert_to(head_hash, 'UTF8'), 'hex')`:                                      "convert_to",
		`UPDATE credits SET updated_at = to_timestamp(as_of_us / 1000000.0) + interval '1 day'`:                            "timestamptz_pl_interval",
		`UPDATE credits SET updated_at = updated_at + interval '1 day'`:                                                    "timestamptz_pl_interval",
		`UPDATE credits SET head_hash = updated_at::text`:                                                                  "timestamptz_out",
		`UPDATE credits SET head_hash = to_char(as_of_us, '9')`:                                                            "to_char",
		`UPDATE credits SET updated_at = timestamp 'epoch' + as_of_us * interval '1 us'`:                                   "timestamptz(timestamp without time zone)",
		`UPDATE credits SET seq = 1 WHERE updated_at < timestamp 'epoch'`:                                                  "timestamptz_lt_timestamp",
		`UPDATE credits SET seq = 1 WHERE user_uuid = $1 AND EXTRACT(HOUR FROM updated_at) = 1`:                            "extract",
		`UPDATE credits SET head_hash = gen_random_uuid()::text WHERE user_uuid = $1`:                                      "gen_random_uuid() is VOLATILE",
		`UPDATE credits SET updated_at = clock_timestamp() WHERE user_uuid = $1`:                                           "clock_timestamp() is VOLATILE",
		`DELETE FROM credits WHERE random() < 1`:                                                                           "random() is VOLATILE",
		`INSERT INTO credits (user_uuid) VALUES ($1) ON CONFLICT (user_uuid) DO UPDATE SET updated_at = now()`:             "now()",
		`WITH c AS (UPDATE credits SET head_hash = concat(seq) RETURNING seq) INSERT INTO credits_lots (lot) SELECT 1`:     "concat",
		`UPDATE credits SET seq = 1 WHERE EXISTS (SELECT 1 FROM credits_trans AS t WHERE t.created_at::text = 'x')`:        "timestamptz_out",
		`UPDATE credits SET seq = (CASE WHEN updated_at = date '2026-01-01' THEN 1 ELSE 2 END) WHERE user_uuid = $1::text`: "timestamptz_eq_date",
	} {
		problems, err := shardtest.Refused(t.Context(), db, statement)
		require.NoError(t, err, statement)
		if want == "" {
			assert.Empty(t, problems, statement)
		} else if assert.NotEmpty(t, problems, statement) {
			assert.Contains(t, problems[0], want, statement)
		}
	}
}

// TestChangesAreKept: the fast charge and what the general path writes are among the
// statements that PostgreSQL is asked about.
func TestChangesAreKept(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.PostgreSQL)
	inspector := shardtest.New(t, shardtest.Layout{Tables: []string{"credits"}, Shapes: true}, nil)
	db, user := env.DB.WithQueryHook(inspector), uuid.NewString()
	_, err := credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: user, Amount: 10, Type: "gift"})
	require.NoError(t, err)
	general := len(inspector.Changes())
	assert.Positive(t, general)
	_, err = credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: user, Amount: 1})
	require.NoError(t, err)
	assert.Greater(t, len(inspector.Changes()), general)
	admin, err := engines.OpenAdmin(dialect.PostgreSQL, env.URL)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, admin.Close()) })
	for _, statement := range inspector.Changes() {
		problems, err := shardtest.Refused(t.Context(), admin, statement)
		require.NoError(t, err, statement)
		assert.Empty(t, problems, statement)
	}
}
