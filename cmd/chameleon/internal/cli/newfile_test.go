package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNewFile: a file has its name once it is whole, takes nobody's place, also of one
// that came meanwhile, and leaves nothing behind.
func TestNewFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	file, err := createNew(path)
	require.NoError(t, err)
	_, err = file.WriteString("mine")
	require.NoError(t, err)
	assert.NoFileExists(t, path)
	late, err := createNew(path)
	require.NoError(t, err)
	require.NoError(t, file.keep())
	var usage *usageError
	require.ErrorAs(t, late.keep(), &usage)
	_, err = createNew(path)
	require.ErrorAs(t, err, &usage)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "mine", string(content))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, left, 1)
}
