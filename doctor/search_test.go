package doctor_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// TestSearchIndexes: the indexes of users.IndexSearch are no matter of a push, and one that
// was not finished is IndexSearch's to make anew.
func TestSearchIndexes(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.PostgreSQL)
	made, err := users.IndexSearch(t.Context(), env.DB, users.IndexSearchParams{})
	require.NoError(t, err)
	require.NotEmpty(t, made.Statements)
	plan, err := chameleon.Plan(t.Context(), env.DB)
	require.NoError(t, err)
	assert.True(t, plan.UpToDate(), plan.Text())
	report := examine(t, env.DB, doctor.Params{})
	assert.Empty(t, codes(report), report.Text())

	exec(t, env.DB, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_email_trgm_idx'::regclass")
	report = examine(t, env.DB, doctor.Params{})
	require.Equal(t, []string{"index_invalid"}, codes(report), report.Text())
	for _, f := range report.Findings {
		if f.Code == "index_invalid" {
			assert.Contains(t, f.Problem, "users_email_trgm_idx")
			assert.Contains(t, f.Remedy, "users.IndexSearch")
			assert.NotContains(t, f.Remedy, "push")
		}
	}
	plan, err = chameleon.Plan(t.Context(), env.DB)
	require.NoError(t, err)
	assert.True(t, plan.UpToDate(), plan.Text())
	again, err := users.IndexSearch(t.Context(), env.DB, users.IndexSearchParams{})
	require.NoError(t, err)
	require.Len(t, again.Statements, 2, "it is removed and made again")
	report = examine(t, env.DB, doctor.Params{})
	assert.Empty(t, codes(report), report.Text())
}
