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
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
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
	for _, name := range []string{"bin", ".git", ".idea", "node_modules"} {
		require.ErrorIs(t, skipForeign(name), fs.SkipDir, name)
	}
	for _, name := range []string{".", "credits", "testdata"} {
		require.NoError(t, skipForeign(name), name)
	}
}
