package surface

import (
	"context"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loaded are the public packages of the workspace, read once.
var loaded = sync.OnceValues(func() ([]*Package, error) {
	return Load(context.Background(), "../..", "work")
})

// rules are what every public package follows.
func rules() map[string]func(*Package) []Finding {
	return map[string]func(*Package) []Finding{
		"JSON tags":  JSONTags,
		"pages":      Pages,
		"error docs": ErrorDocs,
	}
}

// TestSurface holds the public packages to the rules.
func TestSurface(t *testing.T) {
	t.Parallel()
	packages, err := loaded()
	require.NoError(t, err)
	require.Greater(t, len(packages), 20)
	for name, rule := range rules() {
		for _, p := range packages {
			for _, f := range rule(p) {
				t.Errorf("%s: %s", name, f)
			}
		}
	}
}

// TestParametersAreThere: an exception that nothing needs is taken out.
func TestParametersAreThere(t *testing.T) {
	t.Parallel()
	packages, err := loaded()
	require.NoError(t, err)
	for name := range parameters() {
		assert.True(t, slices.ContainsFunc(packages, func(p *Package) bool {
			for _, typeName := range p.exportedTypes() {
				if p.Types.Name()+"."+typeName.Name() == name {
					return true
				}
			}
			return false
		}), "%s is not there", name)
	}
}

// snippet type-checks a file as a public package of the module. It may import the
// standard library.
func snippet(t *testing.T, source string) *Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "snippet.go", source, parser.ParseComments)
	require.NoError(t, err)
	p, err := newPackage("snippet", Module+"/snippet", fset, []*ast.File{file}, importer.ForCompiler(fset, "source", nil))
	require.NoError(t, err)
	return p
}

// problems are the findings of a rule, by the name that has them.
func problems(found []Finding) map[string]string {
	told := map[string]string{}
	for _, f := range found {
		told[f.Name] = f.Problem
	}
	return told
}
