package surface

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Module is the path of the root module.
const Module = "github.com/chameleon-go/chameleon"

// Package is a package as its source declares it.
type Package struct {
	// Path is the package's path below Module; the root package's is "chameleon".
	Path  string
	Fset  *token.FileSet
	Files []*ast.File
	Types *types.Package
	Info  *types.Info
}

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath string   `json:"ImportPath"`
	Dir        string   `json:"Dir"`
	Export     string   `json:"Export"`
	GoFiles    []string `json:"GoFiles"`
	DepOnly    bool     `json:"DepOnly"`
}

// Load type-checks the public packages that the patterns match. What they import
// comes from the compiler's export data, so that nothing is checked twice.
func Load(ctx context.Context, dir string, patterns ...string) ([]*Package, error) {
	all, err := goList(ctx, dir, patterns)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	imports := exportsOf(all, fset)
	var packages []*Package
	for _, l := range all {
		if l.DepOnly || !Public(l.ImportPath) {
			continue
		}
		p, err := l.check(fset, imports)
		if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// exportsOf imports packages from what the compiler exported of them.
func exportsOf(all []listed, fset *token.FileSet) types.Importer {
	exports := map[string]string{}
	for _, l := range all {
		exports[l.ImportPath] = l.Export
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
}

// Public reports whether programs outside of the module may import a package, and
// would: examples and test programs are no part of the surface.
func Public(importPath string) bool {
	for part := range strings.SplitSeq(importPath, "/") {
		switch part {
		case "internal", "examples", "testdata", "rivertest", "tools":
			return false
		}
	}
	return importPath == Module || strings.HasPrefix(importPath, Module+"/")
}

// InternalNames are the names of packages that are not public, but for those that
// a public one has, too.
func InternalNames(ctx context.Context, dir string, patterns ...string) (map[string]bool, error) {
	all, err := goList(ctx, dir, patterns)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, l := range all {
		if strings.HasPrefix(l.ImportPath, Module+"/") && strings.Contains(l.ImportPath, "/internal/") {
			names[path.Base(l.ImportPath)] = true
		}
	}
	for _, l := range all {
		if Public(l.ImportPath) {
			delete(names, path.Base(l.ImportPath))
		}
	}
	return names, nil
}

func goList(ctx context.Context, dir string, patterns []string) ([]listed, error) {
	args := append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly", "--"}, patterns...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(answer)); ; {
		var l listed
		switch err := decoder.Decode(&l); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("what go list prints: %w", err)
		}
		all = append(all, l)
	}
}

// check parses and type-checks the package's files, tests left out.
func (l listed) check(fset *token.FileSet, imports types.Importer) (*Package, error) {
	var files []*ast.File
	for _, name := range l.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(l.Dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	path := strings.TrimPrefix(strings.TrimPrefix(l.ImportPath, Module), "/")
	if path == "" {
		path = "chameleon"
	}
	return newPackage(path, l.ImportPath, fset, files, imports)
}

func newPackage(path, importPath string, fset *token.FileSet, files []*ast.File, imports types.Importer) (*Package, error) {
	p := &Package{Path: path, Fset: fset, Files: files, Info: &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{},
	}}
	var err error
	config := types.Config{Importer: imports}
	if p.Types, err = config.Check(importPath, fset, files, p.Info); err != nil {
		return nil, fmt.Errorf("check %s: %w", importPath, err)
	}
	return p, nil
}
