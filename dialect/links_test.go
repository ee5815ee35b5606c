package dialect_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoDriverIsLinked keeps the promise that embedding one domain package
// links bun and no driver.
func TestNoDriverIsLinked(t *testing.T) {
	const module = "github.com/chameleon-go/chameleon/"
	drivers := []string{
		"github.com/jackc/", "github.com/lib/pq", "github.com/go-sql-driver/", "modernc.org/", "github.com/mattn/go-sqlite3",
		"github.com/testcontainers/",
	}
	for _, name := range []string{
		"dialect", "credits", "users", "affiliates", "orders", "providers", "generations", "apikeys", "content", "schema",
		"bridge/sqltx", "web",
	} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+name).CombinedOutput()
			require.NoError(t, err, string(out))
			require.Contains(t, string(out), "github.com/uptrace/bun\n")
			for _, driver := range drivers {
				for dep := range strings.Lines(string(out)) {
					assert.False(t, strings.HasPrefix(dep, driver), "%s links %s", name, dep)
				}
			}
		})
	}
}

// TestTestKitLinksSQLiteAlone keeps servers' drivers and containers out of what test
// suites import, unless they ask for a server.
func TestTestKitLinksSQLiteAlone(t *testing.T) {
	const kit = "github.com/chameleon-go/chameleon/chameleontest"
	for name, drivers := range map[string][]string{
		kit:                   {"modernc.org/sqlite"},
		kit + "/postgrestest": {"github.com/jackc/pgx/v5", "modernc.org/sqlite"},
		kit + "/mysqltest":    {"github.com/go-sql-driver/mysql", "modernc.org/sqlite"},
	} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", name).CombinedOutput()
		require.NoError(t, err, string(out))
		var linked []string
		for _, driver := range []string{
			"github.com/go-sql-driver/mysql", "github.com/jackc/pgx/v5", "github.com/testcontainers/testcontainers-go",
			"github.com/moby/moby/client", "github.com/stretchr/testify/assert", "modernc.org/sqlite",
		} {
			if strings.Contains(string(out), driver+"\n") {
				linked = append(linked, driver)
			}
		}
		assert.Equal(t, drivers, linked, name)
	}
}

// TestCreditsLinksFewModules keeps what README says of the ledger's weight: what a
// program gets that imports package credits alone.
func TestCreditsLinksFewModules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}",
		"github.com/chameleon-go/chameleon/credits").Output()
	require.NoError(t, err)
	modules := slices.Collect(strings.FieldsSeq(string(out)))
	slices.Sort(modules)
	assert.Equal(t, []string{
		"github.com/chameleon-go/chameleon", "github.com/google/uuid", "github.com/jinzhu/inflection",
		"github.com/puzpuzpuz/xsync/v3", "github.com/tmthrgd/go-hex", "github.com/uptrace/bun",
		"github.com/vmihailenco/msgpack/v5", "github.com/vmihailenco/tagparser/v2", "golang.org/x/sys",
	}, slices.Compact(modules))
}
