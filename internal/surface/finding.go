package surface

import (
	"fmt"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
)

// Finding is a place that breaks a rule.
type Finding struct {
	// At is the file's name and the line.
	At string
	// Name is what breaks the rule, as in credits.Charge.
	Name string
	// Problem is what is wrong with it.
	Problem string
}

func (f Finding) String() string { return f.At + ": " + f.Name + ": " + f.Problem }

// finding is one of the package at pos.
func (p *Package) finding(pos token.Pos, name, format string, args ...any) Finding {
	at := p.Fset.Position(pos)
	return Finding{
		At:      fmt.Sprintf("%s/%s:%d", p.Path, filepath.Base(at.Filename), at.Line),
		Name:    p.Types.Name() + "." + name,
		Problem: fmt.Sprintf(format, args...),
	}
}

// exportedTypes are the package's own exported types; aliases are not.
func (p *Package) exportedTypes() []*types.TypeName {
	var found []*types.TypeName
	for _, name := range p.Types.Scope().Names() {
		if t, ok := p.Types.Scope().Lookup(name).(*types.TypeName); ok && t.Exported() && !t.IsAlias() {
			found = append(found, t)
		}
	}
	return found
}

// isError reports whether a type, or a pointer to it, is an error.
func isError(t types.Type) bool {
	errorType, ok := types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
	return ok && (types.Implements(t, errorType) || types.Implements(types.NewPointer(t), errorType))
}

// ours reports whether a package is of this module.
func ours(p *types.Package) bool {
	return p != nil && (p.Path() == Module || strings.HasPrefix(p.Path(), Module+"/"))
}
