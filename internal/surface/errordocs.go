package surface

import (
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// errorForm is how a doc begins to say which errors a function returns: "Errors:",
// or "Errors, after which nothing is written:", at the start of a paragraph.
var errorForm = regexp.MustCompile(`(?:^|\n\n)Errors(?::|,| without)`)

// errorName is an error type or sentinel in a doc, with its package where that is
// another.
var errorName = regexp.MustCompile(`\*?\b(?:([a-z]+)\.)?((?:[A-Z]\w*)?Error|Err[A-Z]\w*)\b`)

// ErrorDocs finds exported functions and methods that return an error without
// saying which, and docs that name errors which are not there.
//
// Methods of interfaces that others define (encoding, database/sql/driver, bun)
// say nothing: whoever calls them reads that package's docs.
func ErrorDocs(p *Package) []Finding {
	var found []Finding
	for _, file := range p.Files {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || !p.readersSee(f) || !returnsError(p, f) || isCustomary(f) {
				continue
			}
			name, doc := funcName(f), f.Doc.Text()
			if !errorForm.MatchString(doc) {
				found = append(found, p.finding(f.Pos(), name, "its doc lacks a paragraph that begins with Errors"))
			}
			for _, unknown := range p.unknownErrors(doc) {
				found = append(found, p.finding(f.Pos(), name, "its doc names %s, which is not there", unknown))
			}
		}
	}
	return found
}

// readersSee reports whether a function is exported, and its receiver, too.
func (p *Package) readersSee(f *ast.FuncDecl) bool {
	if !f.Name.IsExported() {
		return false
	}
	return f.Recv == nil || ast.IsExported(receiver(f))
}

// receiver is the name of a method's type.
func receiver(f *ast.FuncDecl) string {
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

func funcName(f *ast.FuncDecl) string {
	if f.Recv != nil {
		return receiver(f) + "." + f.Name.Name
	}
	return f.Name.Name
}

func returnsError(p *Package, f *ast.FuncDecl) bool {
	object, ok := p.Info.Defs[f.Name].(*types.Func)
	if !ok {
		return false
	}
	results := object.Signature().Results()
	return results.Len() > 0 && types.Identical(results.At(results.Len()-1).Type(), types.Universe.Lookup("error").Type())
}

// isCustomary reports whether a function is a method whose contract is another
// package's, or makes errors, which it returns as they are.
func isCustomary(f *ast.FuncDecl) bool {
	switch f.Name.Name {
	case "Unwrap", "Value", "Scan", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "MarshalBinary",
		"BeforeAppendModel", "AfterScanRow", "Close", "Encrypt", "Decrypt":
		return f.Recv != nil
	}
	results := f.Type.Results.List
	return f.Recv == nil && len(results) == 1 && len(results[0].Names) == 0 && makesErrors(f)
}

// makesErrors reports whether a function is one of errors: it takes one, or its
// name says so.
func makesErrors(f *ast.FuncDecl) bool {
	if strings.HasSuffix(f.Name.Name, "Error") {
		return true
	}
	for _, param := range f.Type.Params.List {
		if name, ok := param.Type.(*ast.Ident); ok && name.Name == "error" {
			return true
		}
	}
	return false
}

// unknownErrors lists the errors in a doc that neither this package nor one that
// its file imports declares.
func (p *Package) unknownErrors(doc string) []string {
	var unknown []string
	for _, m := range errorName.FindAllStringSubmatch(doc, -1) {
		if m[2] == "Error" && m[1] == "" && !strings.HasPrefix(m[0], "*") {
			continue // a word
		}
		if !p.declares(m[1], m[2]) {
			unknown = append(unknown, m[0])
		}
	}
	return unknown
}

// declares reports whether p itself or a package that it imports, at any distance,
// declares a name; of another package where the doc says which, of any of the
// module's where it does not.
func (p *Package) declares(in, name string) bool {
	seen := map[*types.Package]bool{}
	var search func(*types.Package) bool
	search = func(pkg *types.Package) bool {
		if seen[pkg] {
			return false
		}
		seen[pkg] = true
		if (pkg.Name() == in || in == "" && ours(pkg)) && pkg.Scope().Lookup(name) != nil {
			return true
		}
		return slices.ContainsFunc(pkg.Imports(), search)
	}
	return search(p.Types)
}
