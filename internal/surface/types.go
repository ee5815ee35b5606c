package surface

import (
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// InternalTypes finds exported names for whose meaning a reader would have to look
// into an internal package: aliases of its types, and its types in signatures,
// exported fields, methods, variables and constants. What a struct embeds counts,
// exported or not, because its methods and fields are the struct's.
func InternalTypes(p *Package) []Finding {
	var found []Finding
	scope := p.Types.Scope()
	for _, name := range scope.Names() {
		object := scope.Lookup(name)
		if !object.Exported() {
			continue
		}
		for _, m := range mentions(object) {
			if hidden := hiddenType(m.t); hidden != "" {
				found = append(found, p.finding(m.pos, strings.TrimSuffix(name+"."+m.part, "."), "shows %s", hidden))
			}
		}
	}
	return found
}

// mention is a type that a reader of an exported name sees.
type mention struct {
	part string // the field or method, "" for the name itself
	t    types.Type
	pos  token.Pos
}

// mentions lists the types that a reader of an exported name sees.
func mentions(object types.Object) []mention {
	name, isType := object.(*types.TypeName)
	if !isType {
		return []mention{{t: object.Type(), pos: object.Pos()}}
	}
	if alias, ok := name.Type().(*types.Alias); ok {
		return []mention{{t: alias.Rhs(), pos: name.Pos()}}
	}
	named, ok := name.Type().(*types.Named)
	if !ok {
		return nil
	}
	var seen []mention
	for param := range named.TypeParams().TypeParams() {
		seen = append(seen, mention{t: param.Constraint(), pos: name.Pos()})
	}
	for method := range named.Methods() {
		if method.Exported() {
			seen = append(seen, mention{method.Name(), method.Type(), method.Pos()})
		}
	}
	return append(seen, mention{t: named.Underlying(), pos: name.Pos()})
}

// hiddenType is the name of the first internal type in t, "" if there is none.
func hiddenType(t types.Type) string {
	switch t := t.(type) {
	case *types.Alias:
		if hidden := hiddenName(t.Obj(), t.TypeArgs()); hidden != "" {
			return hidden
		}
		return hiddenType(t.Rhs())
	case *types.Named:
		return hiddenName(t.Obj(), t.TypeArgs())
	case *types.Struct:
		for field := range t.Fields() {
			if !field.Exported() && !field.Embedded() {
				continue
			}
			if hidden := hiddenType(field.Type()); hidden != "" {
				return hidden + " as " + field.Name()
			}
		}
	case *types.Signature:
		return hiddenIn(append(slices.Collect(t.Params().Variables()), slices.Collect(t.Results().Variables())...))
	case *types.Interface:
		for method := range t.ExplicitMethods() {
			if hidden := hiddenType(method.Type()); hidden != "" {
				return hidden
			}
		}
		for embedded := range t.EmbeddedTypes() {
			if hidden := hiddenType(embedded); hidden != "" {
				return hidden
			}
		}
	case *types.Map:
		if hidden := hiddenType(t.Key()); hidden != "" {
			return hidden
		}
		return hiddenType(t.Elem())
	case interface{ Elem() types.Type }:
		return hiddenType(t.Elem())
	}
	return ""
}

func hiddenIn(vars []*types.Var) string {
	for _, v := range vars {
		if hidden := hiddenType(v.Type()); hidden != "" {
			return hidden
		}
	}
	return ""
}

// hiddenName is a named type's name if its package is internal, or that of one of
// its arguments.
func hiddenName(name *types.TypeName, args *types.TypeList) string {
	if pkg := name.Pkg(); ours(pkg) && !Public(pkg.Path()) {
		return pkg.Name() + "." + name.Name()
	}
	for arg := range args.Types() {
		if hidden := hiddenType(arg); hidden != "" {
			return hidden
		}
	}
	return ""
}
