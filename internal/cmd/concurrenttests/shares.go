package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// sharesMemory reports whether files that are no tests start goroutines, or keep
// something for several: they have a go statement, or import what such code needs. What
// others have together is rows, which the race detector does not watch.
func sharesMemory(files []string) (bool, error) {
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return false, err //nolint:wrapcheck // it names the file and the line
		}
		starts := false
		ast.Inspect(file, func(n ast.Node) bool {
			_, is := n.(*ast.GoStmt)
			starts = starts || is
			return !starts
		})
		if starts || importsShared(file) {
			return true, nil
		}
	}
	return false, nil
}

// importsShared reports whether a file imports package sync, atomic, or what caches.
func importsShared(file *ast.File) bool {
	for _, spec := range file.Imports {
		switch path := strings.Trim(spec.Path.Value, `"`); {
		case path == "sync", path == "sync/atomic", strings.HasSuffix(path, "/chameleon/internal/cached"):
			return true
		}
	}
	return false
}
