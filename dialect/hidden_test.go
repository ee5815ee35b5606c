package dialect_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/mysql"
	"github.com/chameleon-go/chameleon/dialect/postgres"
	"github.com/chameleon-go/chameleon/dialect/sqlite"
	"github.com/chameleon-go/chameleon/internal/leaktest"
)

// TestConfigurationsAreNotShown: what was parsed from a URL shows where the database
// is and nothing else, however it is printed, and is not encoded.
func TestConfigurationsAreNotShown(t *testing.T) {
	t.Parallel()
	const password = "s3cretW0rd"
	watch := leaktest.New(t, password)
	my, err := mysql.ParseURL("mysql://app:" + password + "@localhost/app")
	require.NoError(t, err)
	pg, err := postgres.ParseURL("postgres://app:" + password + "@localhost/app")
	require.NoError(t, err)
	lite, err := sqlite.ParseURL("sqlite:///app")
	require.NoError(t, err)
	for _, c := range []any{my, *my, pg, *pg, lite, *lite} {
		watch.Value("a configuration", c)
		watch.Value("a program's", struct{ Database any }{c})
		watch.Value("a list", []any{c})
		assert.Regexp(t, `^\w+://\S*/app$`, fmt.Sprintf("%+v", c))
		_, err := json.Marshal(c)
		require.ErrorIs(t, err, handle.ErrConfig)
	}
	watch.Value("a hidden one", struct {
		my mysql.Config
		pg postgres.Config
	}{*my, *pg})
}
