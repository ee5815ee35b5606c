package surface

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
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
func rules(internal map[string]bool) map[string]func(*Package) []Finding {
	return map[string]func(*Package) []Finding{
		"JSON tags":      JSONTags,
		"pages":          Pages,
		"error docs":     ErrorDocs,
		"internal types": InternalTypes,
		"internal docs":  func(p *Package) []Finding { return InternalDocs(p, internal) },
		"doc links":      DocLinks,
		"words":          Words,
		"verbs":          VerbShape,
	}
}

// TestSurface holds the public packages to the rules.
func TestSurface(t *testing.T) {
	t.Parallel()
	packages, err := loaded()
	require.NoError(t, err)
	require.Greater(t, len(packages), 20)
	internal, err := InternalNames(t.Context(), "../..", "work")
	require.NoError(t, err)
	require.Subset(t, slices.Collect(maps.Keys(internal)), []string{"valid", "rows", "page", "column", "surface"})
	for name, rule := range rules(internal) {
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

// TestSharedParamsAreThere: so is this one.
func TestSharedParamsAreThere(t *testing.T) {
	t.Parallel()
	packages, err := loaded()
	require.NoError(t, err)
	for name := range sharedParams() {
		assert.True(t, slices.ContainsFunc(packages, func(p *Package) bool { return p.Types.Scope().Lookup(name) != nil }),
			"%s is not there", name)
	}
}

// standard are the packages of the standard library that snippets import.
var standard = sync.OnceValues(func() ([]listed, error) {
	return goList(context.Background(), ".", []string{"context", "errors", "time"})
})

// snippet type-checks a file as a public package of the module. It may import the
// standard library.
func snippet(t *testing.T, source string) *Package {
	t.Helper()
	return snippetUsing(t, source, nil)
}

// snippetUsing is snippet with sources of other packages, by their paths, to
// import.
func snippetUsing(t *testing.T, source string, others map[string]string) *Package {
	t.Helper()
	fset := token.NewFileSet()
	known, err := standard()
	require.NoError(t, err)
	imports := made{exportsOf(known, fset), map[string]*types.Package{}}
	parsed := func(source string) []*ast.File {
		file, err := parser.ParseFile(fset, "snippet.go", source, parser.ParseComments)
		require.NoError(t, err)
		return []*ast.File{file}
	}
	for path, source := range others {
		other, err := new(types.Config).Check(path, fset, parsed(source), nil)
		require.NoError(t, err)
		imports.known[path] = other
	}
	p, err := newPackage("snippet", Module+"/snippet", fset, parsed(source), imports)
	require.NoError(t, err)
	return p
}

// made imports what a test made, and else the standard library.
type made struct {
	types.Importer

	known map[string]*types.Package
}

func (o made) Import(path string) (*types.Package, error) {
	if p := o.known[path]; p != nil {
		return p, nil
	}
	return o.Importer.Import(path)
}

// problems are the findings of a rule, by the name that has them.
func problems(found []Finding) map[string]string {
	told := map[string]string{}
	for _, f := range found {
		told[f.Name] = f.Problem
	}
	return told
}
