package transfer_test

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/transfer"
)

func archive(t testing.TB, env *enginetest.Env) []byte {
	t.Helper()
	var b bytes.Buffer
	result, err := chameleon.Backup(t.Context(), env.DB, &b, transfer.BackupParams{})
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), result.Bytes)
	require.Empty(t, result.Left)
	return b.Bytes()
}

// An archive of any engine is restored into any other, from a file and from a pipe.
func TestArchiveRoundTrip(t *testing.T) {
	t.Parallel()
	source := enginetest.New(t, dialect.SQLite)
	fill(t, source.DB, 40)
	want, held := dump(t, source.DB), archive(t, source)
	for _, engine := range reached() {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			to := enginetest.NewEmpty(t, engine)
			pipe, w := io.Pipe()
			go func() { _, _ = w.Write(held); _ = w.Close() }()
			result, err := chameleon.Restore(t.Context(), to.DB, pipe, transfer.RestoreParams{SpoolDir: t.TempDir()})
			require.NoError(t, err)
			require.True(t, result.OK(), result)
			requireSame(t, want, dump(t, to.DB))

			_, err = chameleon.Restore(t.Context(), to.DB, bytes.NewReader(held), transfer.RestoreParams{})
			require.ErrorIs(t, err, transfer.ErrNotEmpty)
			again := archive(t, to)
			_, err = to.DB.ExecContext(t.Context(), "DELETE FROM feedbacks")
			require.NoError(t, err)
			_, err = chameleon.Restore(t.Context(), to.DB, bytes.NewReader(again), transfer.RestoreParams{Replace: true})
			require.NoError(t, err)
			requireSame(t, want, dump(t, to.DB))

			one, err := transfer.InspectArchive(bytes.NewReader(held))
			require.NoError(t, err)
			two, err := transfer.InspectArchive(bytes.NewReader(again))
			require.NoError(t, err)
			require.Equal(t, one.Tables, two.Tables)
		})
	}
}

// small is an archive of few rows, and an empty database.
func small(t testing.TB) ([]byte, *enginetest.Env) {
	t.Helper()
	source := enginetest.New(t, dialect.SQLite)
	_, err := source.DB.ExecContext(t.Context(), "INSERT INTO feedbacks (content, rating) VALUES ('good ☺', 5), (NULL, NULL)")
	require.NoError(t, err)
	return archive(t, source), enginetest.New(t, dialect.SQLite)
}

// Every bit of an archive counts, and so does its length.
func TestArchiveThatWasChangedIsRefused(t *testing.T) {
	t.Parallel()
	held, to := small(t)
	refused := func(what string, changed []byte) {
		t.Helper()
		_, err := transfer.InspectArchive(bytes.NewReader(changed))
		require.ErrorIs(t, err, transfer.ErrArchive, what)
	}
	for at := range held {
		for bit := range 8 {
			changed := bytes.Clone(held)
			changed[at] ^= 1 << bit
			refused("flipped", changed)
		}
		refused("cut off", held[:at])
	}
	for _, tail := range []string{"\x00", "\n", string(held), "\x1f\x8b\x08"} {
		refused("appended", append(bytes.Clone(held), tail...))
	}
	foreign, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	for _, changed := range [][]byte{nil, foreign, held[:len(held)/2], append(bytes.Clone(held), 0)} {
		for name, r := range map[string]io.Reader{"file": bytes.NewReader(changed), "pipe": io.MultiReader(bytes.NewReader(changed))} {
			_, err := chameleon.Restore(t.Context(), to.DB, r, transfer.RestoreParams{SpoolDir: t.TempDir(), Replace: true})
			require.ErrorIs(t, err, transfer.ErrArchive, name)
		}
	}
	n, err := to.DB.NewSelect().Model((*content.Feedback)(nil)).Count(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestArchiveBounds(t *testing.T) {
	t.Parallel()
	held, to := small(t)
	_, err := chameleon.Restore(t.Context(), to.DB, bytes.NewReader(held), transfer.RestoreParams{MaxBytes: 100})
	require.ErrorContains(t, err, "MaxBytes")
	_, err = chameleon.Restore(t.Context(), to.DB, io.MultiReader(bytes.NewReader(held)), transfer.RestoreParams{MaxSpool: 100, SpoolDir: t.TempDir()})
	require.ErrorContains(t, err, "MaxSpool")
	_, err = transfer.Restore(t.Context(), to.DB, bytes.NewReader(held), transfer.RestoreParams{Models: content.Models()})
	require.ErrorContains(t, err, "no model has")
	result, err := transfer.Restore(t.Context(), to.DB, bytes.NewReader(held), transfer.RestoreParams{Models: content.Models(), SkipUnknown: true})
	require.NoError(t, err)
	require.EqualValues(t, 2, result.Rows)
	require.NotEmpty(t, result.Skipped)
}

func FuzzArchive(f *testing.F) {
	held, _ := small(f)
	f.Add(held)
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := transfer.InspectArchive(bytes.NewReader(b))
		if err != nil {
			require.ErrorIs(t, err, transfer.ErrArchive)
			return
		}
		require.NotEmpty(t, info.String())
	})
}
