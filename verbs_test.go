package chameleon_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestVerbListsAreWhole finds the verbs of all packages in the code: what has the
// shape func(ctx, bun.IDB, …Params). Those that a history may be made of are in the
// differential test, or there is a reason; every one is tried with hostile texts. What
// package schema does, it does to tables.
func TestVerbListsAreWhole(t *testing.T) {
	t.Parallel()
	var found []string
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && (name == "internal" || name == "examples" || name == "schema" || name == "testdata"):
			return fs.SkipDir
		case d.IsDir():
			return skipForeign(name)
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		found = append(found, verbsOf(t, path)...)
		return nil
	}))
	slices.Sort(found)
	require.Greater(t, len(found), 100)
	assert.Equal(t, found, verbNames(slices.Concat(differentialVerbs(), forgetting(), slices.Collect(maps.Values(undrawn())))),
		"the differential test")
	assert.Equal(t, found, verbNames(verbs()), "the injection test")
}

// verbsOf lists the verbs that a file declares, as in credits.Charge.
func verbsOf(t *testing.T, path string) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !f.Name.IsExported() || len(f.Type.Params.List) != 3 {
			continue
		}
		handle, ok := f.Type.Params.List[1].Type.(*ast.SelectorExpr)
		if params, named := f.Type.Params.List[2].Type.(*ast.Ident); ok && named && handle.Sel.Name == "IDB" &&
			strings.HasSuffix(params.Name, "Params") {
			found = append(found, file.Name.Name+"."+f.Name.Name)
		}
	}
	return found
}

// verbNames lists functions by package and name, each once.
func verbNames(verbs []any) []string {
	var names []string
	for _, verb := range verbs {
		name := runtime.FuncForPC(reflect.ValueOf(verb).Pointer()).Name()
		names = append(names, name[strings.LastIndex(name, "/")+1:])
	}
	slices.Sort(names)
	return slices.Compact(names)
}
