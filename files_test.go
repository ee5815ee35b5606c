package chameleon_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// eachFile calls do with the Go files, the documents and the Makefile of the
// repository.
func eachFile(t *testing.T, do func(path, text string)) {
	t.Helper()
	eachFileIn(t, ".", do)
}

func eachFileIn(t *testing.T, root string, do func(path, text string)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipForeign(entry.Name())
		case strings.HasSuffix(path, ".go"), strings.HasSuffix(path, ".md"), path == "Makefile":
			text, err := os.ReadFile(path)
			do(path, string(text))
			return err
		}
		return nil
	}))
}

// skipForeign is fs.SkipDir for a directory that holds other people's files: programs
// that were installed, packages of npm, git's and editors' own.
func skipForeign(name string) error {
	if name == "bin" || name == "node_modules" || strings.HasPrefix(name, ".") && name != "." {
		return fs.SkipDir
	}
	return nil
}

// TestForeignFilesAreNotRead: a package of npm in the tree, whose links lead nowhere, is
// not taken for the repository's.
func TestForeignFilesAreNotRead(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{".", "credits/testdata", "bin", ".git", ".idea", "web/node_modules/left-pad"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, dir, "README.md"), []byte(dir), 0o600))
	}
	var read []string
	eachFileIn(t, root, func(_, text string) { read = append(read, text) })
	require.Equal(t, []string{".", "credits/testdata"}, read)
}
