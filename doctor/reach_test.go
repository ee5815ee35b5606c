package doctor_test

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/doctor"
)

// TestUnreachable: what keeps one from the database is told apart.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	refusing, silent, hanging := listener(t), listener(t), listener(t)
	require.NoError(t, refusing.Close())
	go func() { // no database: it hangs up
		for {
			conn, err := hanging.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	const user = "app:S3CRET@"
	for url, want := range map[string]string{
		"postgres://" + user + refusing.Addr().String() + "/app?sslmode=require": "connection_refused",
		"mysql://" + user + refusing.Addr().String() + "/app":                    "connection_refused",
		"postgres://" + user + "no-such-host.invalid/app":                        "host_unknown",
		"mysql://" + user + "no-such-host.invalid/app":                           "host_unknown",
		"postgres://" + user + silent.Addr().String() + "/app?sslmode=disable":   "no_answer",
		"mysql://" + user + silent.Addr().String() + "/app":                      "no_answer",
		"mysql://" + user + hanging.Addr().String() + "/app":                     "unavailable",
		"mysql://" + user + "h":                                                  "database_missing",
		"oracle://" + user + "h/app":                                             "url_invalid",
		"":                                                                       "url_invalid",
		"sqlite://" + filepath.Join(t.TempDir(), "none", "app.db"):               "database_missing",
	} {
		report, err := chameleon.Doctor(t.Context(), url, doctor.Params{}, chameleon.WithConnectTimeout(300*time.Millisecond))
		require.NoError(t, err)
		require.Len(t, report.Findings, 1)
		found := report.Findings[0]
		assert.Equal(t, want, found.Code, "%s: %s", url, report.Text())
		assert.Equal(t, doctor.Error, report.Worst())
		assert.NotEmpty(t, found.Remedy, url)
		assert.NotContains(t, report.Text(), "S3CRET")
		if want == "connection_refused" {
			assert.Equal(t, doctor.CaseConnectionRefused, found.Case)
			for _, advice := range []string{"running", "firewall", "DATABASE_URL", "TLS"} {
				assert.Contains(t, found.Remedy, advice)
			}
		}
	}
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestParams: what makes no sense is refused, and a context that has ended is an
// error, not a finding.
func TestParams(t *testing.T) {
	t.Parallel()
	db, err := chameleon.Open(t.Context(), "sqlite://:memory:")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	for field, p := range map[string]doctor.Params{
		"Timeout": {Timeout: -1}, "Sample": {Sample: doctor.MaxSample + 1}, "Slow": {Slow: -1},
	} {
		_, err := doctor.Run(t.Context(), db, p)
		assert.ErrorContains(t, err, field)
		assert.ErrorIs(t, err, chameleon.ErrInvalid)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = doctor.Run(ctx, db, doctor.Params{})
	assert.ErrorIs(t, err, context.Canceled)
	report, err := doctor.Run(t.Context(), db, doctor.Params{})
	require.NoError(t, err, "without models there is less to look at")
	assert.Empty(t, codes(report), report.Text())
}
