package doctor_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestColumnsThatNeedAValue: a column of another program's that must have a value, and gets
// none from us, keeps every row from being inserted. The doctor says so, and does not of one
// that has a default.
func TestColumnsThatNeedAValue(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		submit := func() error {
			_, err := content.SubmitFeedback(t.Context(), env.DB, content.SubmitFeedbackParams{Content: "x"})
			return err
		}
		require.NoError(t, submit())
		require.NotContains(t, codes(examine(t, env.DB, doctor.Params{})), "column_required")
		with := func(column string) {
			if env.Engine != dialect.SQLite {
				exec(t, env.DB, "DELETE FROM feedbacks", "ALTER TABLE feedbacks ADD COLUMN "+column)
				return
			}
			var ddl string // SQLite adds no such column
			require.NoError(t, env.DB.NewRaw("SELECT sql FROM sqlite_schema WHERE name = 'feedbacks'").Scan(t.Context(), &ddl))
			exec(t, env.DB, "DROP TABLE feedbacks", strings.TrimSuffix(ddl, ")")+", "+column+")")
		}
		with("has_one varchar(9) NOT NULL DEFAULT 'x'")
		require.NoError(t, submit())
		require.NotContains(t, codes(examine(t, env.DB, doctor.Params{})), "column_required")
		with("theirs varchar(9) NOT NULL")
		require.Error(t, submit())
		report := examine(t, env.DB, doctor.Params{})
		require.Contains(t, codes(report), "column_required")
		require.Contains(t, report.Text(), "feedbacks.theirs, which is not Chameleon's")
	})
}
