package rows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/rows"
)

type word string

// every has a field of each kind that models have.
type every struct {
	bun.BaseModel `bun:"table:every,alias:e"`

	ID     int64      `bun:"id,pk,type:bigint"`
	Text   string     `bun:"text,nullzero,type:varchar(255)"`
	Word   word       `bun:"word,type:varchar(50)"`
	Number int64      `bun:"number,nullzero,type:bigint"`
	Flag   bool       `bun:"flag,type:boolean"`
	At     time.Time  `bun:"at,nullzero,type:timestamptz"`
	Some   *int64     `bun:"maybe,type:bigint"`
	Words  *string    `bun:"words,type:text"`
	Once   *time.Time `bun:"once,type:timestamptz"`
}

// What is read natively is what bun reads, whatever type another program gave a column, and
// what is not is read by bun.
func TestRowsAreReadAsByBun(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db := env.DB
		times := "timestamptz"
		if env.Engine != dialect.PostgreSQL {
			times = "datetime(6)"
		}
		_, err := db.ExecContext(t.Context(), "CREATE TABLE every (id bigint NOT NULL PRIMARY KEY, text varchar(255), word varchar(50), "+
			"number bigint, flag boolean, at "+times+", maybe bigint, words text, once "+times+")")
		require.NoError(t, err)
		same := func(name string) {
			t.Helper()
			for range 2 {
				var want []every
				wantErr := db.NewSelect().Model(&want).OrderExpr("e.id").Scan(t.Context())
				var got []every
				err := rows.Select[every](db, "e.id > ? ORDER BY e.id", 0).Scan(t.Context(), &got)
				require.Equal(t, wantErr == nil, err == nil, "%s: %v, %v", name, wantErr, err)
				if err == nil && len(want) > 0 {
					require.Equal(t, want, got, name)
				}
				require.Len(t, got, len(want), name)
			}
		}
		same("no row")
		seven, words, once := int64(7), "two words", time.Date(2024, 2, 29, 12, 0, 0, 123456000, time.UTC)
		for i, e := range []every{
			{},
			{Text: "text", Word: "word", Number: 1 << 53, Flag: true, At: once, Some: &seven, Words: &words, Once: &once},
			{Text: "\"quoted\" \\ é 🦎", Number: -1, Some: new(int64), Words: new(string), At: once.AddDate(-100, 0, 0)},
			{Word: "later", Flag: true},
		} {
			e.ID = int64(i + 1)
			_, err := db.NewInsert().Model(&e).Exec(t.Context())
			require.NoError(t, err)
			same(fmt.Sprint("row ", i))
		}
		change := "ALTER TABLE every ALTER COLUMN %s TYPE %s"
		changes := [][2]string{
			{"number", "numeric"},
			{"maybe", "integer"},
			{"text", "text"},
			{"word", "char(20)"},
			{"at", "timestamp"},
			{"once", "text"},
			{"maybe", "double precision"},
			{"words", "json USING to_json(words)"},
			{"flag", "integer USING flag::int"},
		}
		if env.Engine != dialect.PostgreSQL {
			change, changes = "ALTER TABLE every MODIFY COLUMN `%s` %s", [][2]string{
				{"maybe", "integer"}, {"text", "text"}, {"word", "char(20)"}, {"number", "decimal(20)"}, {"words", "varbinary(20)"},
			}
		}
		if env.Engine == dialect.SQLite {
			changes = nil
		}
		for _, c := range changes {
			_, err := db.ExecContext(t.Context(), fmt.Sprintf(change, c[0], c[1]))
			require.NoError(t, err)
			same(c[0] + " is " + c[1])
		}
		if env.Engine == dialect.PostgreSQL {
			_, err := db.ExecContext(t.Context(), "UPDATE every SET at = 'infinity' WHERE id = 2")
			require.NoError(t, err)
			same("a time without end")
		}
	})
}
