package postgrestest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/chameleontest/postgrestest"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestDatabasesAreAsTheTemplateSays(t *testing.T) {
	t.Parallel()
	enginetest.New(t, dialect.PostgreSQL) // ends the test where there is no server
	db := postgrestest.New(t)
	chameleontest.RequireVerified(t, db)
	ada := chameleontest.User(t, db)
	chameleontest.AssertBalance(t, db, ada.UUID, 100)
	template := &chameleontest.Template{Setup: func(ctx context.Context, db *bun.DB) error {
		_, err := db.ExecContext(ctx, "CREATE TABLE teams (name text); INSERT INTO teams VALUES ('blue')")
		return err
	}}
	for range 3 { // the third was copied while the second was used
		t.Run("one after another", func(t *testing.T) { checkTemplate(t, template) })
	}
	for range 4 {
		t.Run("at once", func(t *testing.T) {
			t.Parallel()
			checkTemplate(t, template)
		})
	}
}

// TestOptions: a test takes a handle with what its product's has.
func TestOptions(t *testing.T) {
	t.Parallel()
	enginetest.New(t, dialect.PostgreSQL)
	for _, on := range []bool{true, false} {
		db := postgrestest.New(t, func(s *handle.Settings) { s.Events = on })
		assert.Equal(t, on, dialect.Of(db).Events)
		assert.Equal(t, 8, db.Stats().MaxOpenConnections)
	}
}

// checkTemplate takes a database of the template and changes it.
func checkTemplate(t *testing.T, template *chameleontest.Template) {
	db := postgrestest.NewOf(t, template)
	var teams, users int
	require.NoError(t, db.NewRaw("SELECT (SELECT count(*) FROM teams), (SELECT count(*) FROM users)").Scan(t.Context(), &teams, &users))
	assert.Equal(t, []int{1, 0}, []int{teams, users})
	chameleontest.User(t, db)
	_, err := db.ExecContext(t.Context(), "ALTER TABLE teams RENAME TO crews")
	require.NoError(t, err)
}

// BenchmarkNew is what a test pays for its database.
func BenchmarkNew(b *testing.B) {
	postgrestest.New(b)
	for b.Loop() {
		postgrestest.New(b)
	}
}
