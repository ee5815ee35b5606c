package surface

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// qualified is a name with its package, as docs write it.
var qualified = regexp.MustCompile(`\b([a-z][a-z0-9]+)\.([A-Z]\w*)`)

// camelCase is a word that is a Go name of nobody's but the package's.
var camelCase = regexp.MustCompile(`\b[a-z]+[A-Z]\w*\b`)

// codeBlock is a line of code in a doc.
var codeBlock = regexp.MustCompile(`(?m)^\t.*$`)

// docLink is a link to a name, as in [Charge] or [credits.Account.Available].
var docLink = regexp.MustCompile(`\[\*?(?:([a-z]\w*)\.)?([A-Z]\w*)(?:\.(\w+))?\]`)

// DocLinks finds links in docs to names that are not there.
func DocLinks(p *Package) []Finding {
	var found []Finding
	p.eachDoc(func(name string, pos token.Pos, doc string) {
		for _, m := range docLink.FindAllStringSubmatch(codeBlock.ReplaceAllString(doc, ""), -1) {
			if !p.links(m[1], m[2], m[3]) {
				found = append(found, p.finding(pos, name, "its doc links to %s, which is not there", m[0]))
			}
		}
	})
	return found
}

// links reports whether a link leads anywhere: to a name of p or of a package that
// it imports, and to its field or method.
func (p *Package) links(in, name, member string) bool {
	scopes := []*types.Scope{p.Types.Scope()}
	if in != "" && in != p.Types.Name() {
		scopes = nil
		for _, imported := range p.Types.Imports() {
			if imported.Name() == in {
				scopes = append(scopes, imported.Scope())
			}
		}
	}
	return slices.ContainsFunc(scopes, func(s *types.Scope) bool {
		object := s.Lookup(name)
		if object == nil || member == "" {
			return object != nil
		}
		found, _, _ := types.LookupFieldOrMethod(object.Type(), true, object.Pkg(), member)
		return found != nil
	})
}

// InternalDocs finds public docs that name what a reader of `go doc` cannot see:
// internal packages and unexported identifiers.
func InternalDocs(p *Package, internal map[string]bool) []Finding {
	var found []Finding
	hidden := p.unexported()
	p.eachDoc(func(name string, pos token.Pos, doc string) {
		doc = codeBlock.ReplaceAllString(doc, "") // its variables are its own
		if strings.Contains(doc, "internal/") {
			found = append(found, p.finding(pos, name, "its doc names an internal package"))
		}
		for _, m := range qualified.FindAllStringSubmatch(doc, -1) {
			if internal[m[1]] {
				found = append(found, p.finding(pos, name, "its doc names %s of an internal package", m[0]))
			}
		}
		for _, word := range camelCase.FindAllString(doc, -1) {
			if hidden[word] {
				found = append(found, p.finding(pos, name, "its doc names %s, which is not exported", word))
			}
		}
	})
	return found
}

// unexported are the names that the package declares for itself: at its top,
// fields and methods.
func (p *Package) unexported() map[string]bool {
	names := map[string]bool{}
	for ident, object := range p.Info.Defs {
		if object == nil || object.Exported() {
			continue
		}
		switch o := object.(type) {
		case *types.Func:
			names[ident.Name] = true
		case *types.Var:
			names[ident.Name] = names[ident.Name] || o.IsField() || o.Parent() == p.Types.Scope()
		default:
			names[ident.Name] = names[ident.Name] || o.Parent() == p.Types.Scope()
		}
	}
	return names
}

// eachDoc calls fn for each comment that `go doc` shows.
func (p *Package) eachDoc(fn func(name string, pos token.Pos, doc string)) {
	for _, file := range p.Files {
		if file.Doc != nil {
			fn("package", file.Doc.Pos(), file.Doc.Text())
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if p.readersSee(d) && d.Doc != nil {
					fn(funcName(d), d.Pos(), d.Doc.Text())
				}
			case *ast.GenDecl:
				eachSpecDoc(d, fn)
			}
		}
	}
}

// eachSpecDoc calls fn for the comments of a declaration's exported names and of
// their exported fields.
func eachSpecDoc(d *ast.GenDecl, fn func(name string, pos token.Pos, doc string)) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.ValueSpec:
			if !slices.ContainsFunc(s.Names, (*ast.Ident).IsExported) {
				continue
			}
			fn(s.Names[0].Name, s.Pos(), d.Doc.Text()+s.Doc.Text()+s.Comment.Text())
		case *ast.TypeSpec:
			if !s.Name.IsExported() {
				continue
			}
			fn(s.Name.Name, s.Pos(), d.Doc.Text()+s.Doc.Text()+s.Comment.Text())
			ast.Inspect(s.Type, func(n ast.Node) bool {
				if f, ok := n.(*ast.Field); ok && len(f.Names) > 0 && f.Names[0].IsExported() {
					fn(s.Name.Name+"."+f.Names[0].Name, f.Pos(), f.Doc.Text()+f.Comment.Text())
				}
				return true
			})
		}
	}
}
