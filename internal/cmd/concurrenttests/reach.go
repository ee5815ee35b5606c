package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
)

// isStarter reports whether a call has things happen at once: a method Go of a
// group, and the contexts whose end is another goroutine's to notice.
func isStarter(name string) bool {
	switch name {
	case "Go", "AfterFunc", "WithTimeout", "WithDeadline", "WithCancel", "WithCancelCause":
		return true
	}
	return false
}

// body is a function of the tests, or the methods of one name.
type body struct {
	calls  []string
	starts bool
}

// concurrent are the tests of the files that reach a go statement or a starter
// by functions and methods of the tests, in order of name. What a table of
// functions holds is not looked at.
func concurrent(files []string) ([]string, error) {
	bodies := map[string]body{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err //nolint:wrapcheck // it names the file and the line
		}
		imported := importNames(file)
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			known, found := bodies[nameOf(fn)], look(fn.Body, imported)
			known.calls = append(known.calls, found.calls...)
			known.starts = known.starts || found.starts
			bodies[nameOf(fn)] = known
		}
	}
	var tests []string
	for name := range bodies {
		isTest := strings.HasPrefix(name, "Test") && name != "TestMain"
		if isTest && reaches(name, bodies, map[string]bool{}) {
			tests = append(tests, name)
		}
	}
	slices.Sort(tests)
	return tests, nil
}

// nameOf has a dot before the name of a method. Methods are told apart by name
// alone: a test too many under the race detector does no harm.
func nameOf(fn *ast.FuncDecl) string {
	if fn.Recv != nil {
		return "." + fn.Name.Name
	}
	return fn.Name.Name
}

// importNames are the names by which a file knows other packages.
func importNames(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, spec := range file.Imports {
		name := path.Base(strings.Trim(spec.Path.Value, `"`))
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = true
	}
	return names
}

// look is what a function's body calls or names, and whether it starts something
// itself.
func look(block *ast.BlockStmt, imported map[string]bool) body {
	var b body
	ast.Inspect(block, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			b.starts = true
		case *ast.SelectorExpr:
			b.starts = b.starts || isStarter(n.Sel.Name)
			if x, ok := n.X.(*ast.Ident); ok && imported[x.Name] {
				return false
			}
			b.calls = append(b.calls, "."+n.Sel.Name)
		case *ast.Ident:
			b.calls = append(b.calls, n.Name)
		}
		return true
	})
	return b
}

// reaches reports whether a function starts something, itself or by what it
// calls in the package's tests.
func reaches(name string, bodies map[string]body, seen map[string]bool) bool {
	b, known := bodies[name]
	if !known || seen[name] {
		return false
	}
	seen[name] = true
	return b.starts || slices.ContainsFunc(b.calls, func(called string) bool {
		return reaches(called, bodies, seen)
	})
}
