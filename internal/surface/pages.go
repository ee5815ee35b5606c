package surface

import (
	"go/ast"
	"go/types"
)

// Pages finds pages that a package makes itself: page.Of sees to it that an empty
// one is an empty array in JSON.
func Pages(p *Package) []Finding {
	var found []Finding
	for _, file := range p.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if t, named := p.Info.Types[literal].Type.(*types.Named); named && ours(t.Obj().Pkg()) && t.Obj().Name() == "Page" {
				found = append(found, p.finding(n.Pos(), "Page", "a page is made by page.Of"))
			}
			return true
		})
	}
	return found
}
