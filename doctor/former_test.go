package doctor_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// earlierFeedback is the table of feedback with an index that this version has not.
type earlierFeedback struct {
	bun.BaseModel `bun:"table:feedbacks"`

	ID     int64 `bun:"id,pk,autoincrement,type:bigint"`
	Rating int64 `bun:"rating,nullzero,type:integer"`
}

func (*earlierFeedback) Marks() []string { return []string{"id", "rating"} }

func (*earlierFeedback) Indexes() []dialect.Index {
	return []dialect.Index{{Name: "feedbacks_rating_idx", Columns: []string{"rating"}}}
}

// TestFormerIndexes: an earlier version's index is told of, without urgency, and
// another program's is not.
func TestFormerIndexes(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB, "CREATE INDEX others_idx ON feedbacks (rating, id)")
		report := examine(t, env.DB, doctor.Params{})
		assert.Empty(t, codes(report), report.Text())
		made, err := schema.Push(t.Context(), env.DB, (*earlierFeedback)(nil))
		require.NoError(t, err)
		require.Len(t, made.Changes, 1)
		report = examine(t, env.DB, doctor.Params{})
		require.Equal(t, []string{"index_former"}, codes(report), report.Text())
		for _, f := range report.Findings {
			if f.Code == "index_former" {
				assert.Equal(t, doctor.Info, f.Severity)
				assert.Contains(t, f.Problem, "feedbacks_rating_idx on feedbacks")
				assert.Contains(t, f.Remedy, "DROP INDEX")
			}
		}
	})
}
