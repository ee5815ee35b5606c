package users

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// TestFormerIdentitiesAreBounded: the oldest are forgotten, the provider never is.
func TestFormerIdentitiesAreBounded(t *testing.T) {
	u := &User{FormerIdentities: "another program's"}
	u.keepIdentity(&Identity{Provider: ProviderGitHub, Subject: "77"})
	for i := range 400 {
		id := &Identity{Provider: ProviderGoogle, Subject: fmt.Sprint(i, "-", strings.Repeat("<", 250))}
		u.keepIdentity(id)
		u.keepIdentity(id)
		require.LessOrEqual(t, len(u.FormerIdentities), valid.MaxText)
		of := u.formerSubjects()[ProviderGoogle]
		require.Equal(t, id.Subject, of[len(of)-1])
	}
	require.Equal(t, []string{"77"}, u.formerSubjects()[ProviderGitHub])
}
