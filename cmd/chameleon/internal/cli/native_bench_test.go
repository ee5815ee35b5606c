package cli

import (
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/chameleontest/product"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

var (
	benchUsers = flag.Int("users", 500, "BenchmarkBesideTheTools has a product with this many users")
	benchFrom  = flag.String("from", "", "BenchmarkBesideTheTools copies this database instead: a URL")
)

// BenchmarkBesideTheTools measures archives, restores and copies beside what the engine's own
// tools do with the same data: each in turn, several times. The metrics are medians of
// ratios of times, and /size is that of the two files; mysqldump and mariadb-dump do not
// compress theirs. Restores and copies do not verify the ledger here, which the tools do not
// either.
func BenchmarkBesideTheTools(b *testing.B) {
	from := *benchFrom
	if from == "" {
		from = benchProduct(b)
	}
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		b.Run(string(engine), func(b *testing.B) {
			env, target := enginetest.NewEmpty(b, engine), enginetest.NewEmpty(b, engine)
			s := newShell(b)
			s.variables["PATH"] = toolsOf(b, env)
			s.ok("copy", "--from", from, "--to", env.URL, "--no-audit")
			rows, err := env.DB.NewSelect().Model((*credits.Entry)(nil)).Count(b.Context())
			require.NoError(b, err)
			archive, dump := s.file("archive", ""), s.file("dump", "")
			took := func(args ...string) float64 {
				began := time.Now()
				s.ok(append(args, "--yes", "--replace")...)
				return time.Since(began).Seconds()
			}
			wrote := func(args ...string) float64 {
				require.NoError(b, os.RemoveAll(args[1]))
				began := time.Now()
				s.ok(append(args, "--url", env.URL)...)
				return time.Since(began).Seconds()
			}
			var backup, restore, copied []float64
			for b.Loop() {
				wroteArchive, wroteDump := wrote("backup", archive), wrote("backup", dump, "--native")
				read := took("restore", archive, "--no-audit", "--url", target.URL)
				loaded := took("restore", dump, "--native", "--no-audit", "--url", target.URL)
				moved := took("copy", "--from", env.URL, "--to", target.URL, "--no-audit")
				backup = append(backup, wroteArchive/wroteDump)
				restore = append(restore, read/loaded)
				copied = append(copied, moved/(wroteDump+loaded))
			}
			b.ReportMetric(float64(rows), "entries")
			b.ReportMetric(median(backup), "backup/dump")
			b.ReportMetric(median(restore), "restore/load")
			b.ReportMetric(median(copied), "copy/dump+load")
			b.ReportMetric(float64(len(s.read(archive)))/float64(len(s.read(dump))), "archive/dump-size")
		})
	}
}

// benchProduct is the URL of a SQLite database with a product's data.
func benchProduct(b *testing.B) string {
	b.Helper()
	s := newShell(b)
	db, err := chameleon.Open(b.Context(), s.url)
	require.NoError(b, err)
	defer func() { require.NoError(b, db.Close()) }()
	_, err = chameleon.Push(b.Context(), db)
	require.NoError(b, err)
	_, err = product.Generate(b.Context(), db, product.Params{Seed: 1, Users: *benchUsers})
	require.NoError(b, err)
	return s.url
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
