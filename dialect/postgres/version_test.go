package postgres

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
)

func TestCheckVersion(t *testing.T) {
	for _, c := range []struct{ version, number, stated string }{
		{"PostgreSQL 14.0 on x86_64", "140000", "14.0"},
		{"PostgreSQL 18.6 (Debian 18.6-3) on x86_64-pc-linux-gnu, compiled by gcc", "180006", "18.6 (Debian 18.6-3)"},
		{"PostgreSQL 19beta1 on aarch64", "190000", "19beta1"},
		{"CockroachDB CCL v24.3.1 (x86_64)", "130000", "CockroachDB CCL v24.3.1 (x86_64)"},
	} {
		stated, err := checkVersion(c.version, c.number)
		require.NoError(t, err)
		assert.Equal(t, c.stated, stated)
	}
	for version, number := range map[string]string{
		"PostgreSQL 13.22 on x86_64":                       "130022",
		"PostgreSQL 8.0.2 on i686, Redshift 1.0":           "80002",
		"PostgreSQL 15.5 on x86_64 (DoltgreSQL 0.50)":      "150005",
		"something else that speaks PostgreSQL's protocol": "",
	} {
		_, err := checkVersion(version, number)
		require.ErrorIs(t, err, dialect.ErrUnsupportedVersion, version)
		var e *dialect.Error
		require.ErrorAs(t, err, &e)
		assert.NotEmpty(t, e.Remedy)
	}
	_, err := checkVersion("PostgreSQL 15.5 (DoltgreSQL)", "150005")
	assert.ErrorContains(t, err, "Doltgres")
}
