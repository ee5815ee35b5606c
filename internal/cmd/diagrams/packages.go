package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/chameleon-go/chameleon"

// imports are the packages that each package imports, by their paths from the
// module's root, which itself is chameleon.
type imports map[string]map[string]bool

// packageDiagram draws what the module's public packages import of one another.
func packageDiagram(root string) (string, error) {
	graph, err := readImports(root)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("```mermaid\nflowchart TD\n")
	for _, from := range slices.Sorted(maps.Keys(graph)) {
		b.WriteString("    " + node(from) + "[\"" + from + "\"]\n")
	}
	for _, from := range slices.Sorted(maps.Keys(graph)) {
		for _, to := range slices.Sorted(maps.Keys(graph[from])) {
			if !graph.follows(from, to) {
				b.WriteString("    " + node(from) + " --> " + node(to) + "\n")
			}
		}
	}
	b.WriteString("```\n")
	return b.String(), nil
}

// node is a package's name in Mermaid.
func node(pkg string) string { return strings.ReplaceAll(pkg, "/", "_") }

// readImports reads the import lines of the files that are no tests.
func readImports(root string) (imports, error) {
	graph := imports{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if file != root && skipped(entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		return graph.add(name(filepath.ToSlash(dir)), file)
	})
	return graph, err
}

// skipped reports whether a directory holds no public package.
func skipped(dir string) bool {
	switch dir {
	case "internal", "examples", "testdata", "rivertest", "tools", "cmd", "docs", "scripts", "bin":
		return true
	}
	return strings.HasPrefix(dir, ".")
}

// name is the root package's name for ".", and the path for any other.
func name(pkg string) string {
	if pkg == "." || pkg == "" {
		return path.Base(module)
	}
	return pkg
}

// add notes what a file of a package imports.
func (g imports) add(pkg, file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	if g[pkg] == nil {
		g[pkg] = map[string]bool{}
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		rest, ours := strings.CutPrefix(imported, module)
		if ours && !strings.Contains(rest+"/", "/internal/") {
			g[pkg][name(strings.TrimPrefix(rest, "/"))] = true
		}
	}
	return nil
}

// follows reports whether another import of from leads to the package as well.
func (g imports) follows(from, to string) bool {
	for other := range g[from] {
		if other != to && g.leads(other, to) {
			return true
		}
	}
	return false
}

// leads reports whether a package imports another, at any distance.
func (g imports) leads(from, to string) bool {
	for next := range g[from] {
		if next == to || g.leads(next, to) {
			return true
		}
	}
	return false
}
