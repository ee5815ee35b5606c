package surface

import (
	"go/types"
	"strings"
)

// otherWords are names of parameters that are called otherwise here, with what
// they are called.
func otherWords() map[string]string {
	return map[string]string{
		"Since": "From", "After": "From or Cursor", "Begin": "From", "Until": "To",
		"Offset": "Cursor", "PageToken": "Cursor", "Page": "Cursor", "PageSize": "Limit", "Max": "Limit", "Count": "Limit",
		"UserID": "UserUUID", "User": "UserUUID", "Account": "UserUUID", "AccountID": "UserUUID", "Owner": "UserUUID", "Uuid": "UUID",
		"TZ": "Location", "Timezone": "Location", "IdempotencyKey": "Key", "Now": "At",
	}
}

// Words finds params that use another word for what all packages call alike, half a
// time range, and a Cursor without a Limit.
func Words(p *Package) []Finding {
	var found []Finding
	for _, t := range p.exportedTypes() {
		fields, ok := t.Type().Underlying().(*types.Struct)
		if !ok || !strings.HasSuffix(t.Name(), "Params") {
			continue
		}
		has := map[string]types.Type{}
		for field := range fields.Fields() {
			has[field.Name()] = field.Type()
			if word := otherWords()[field.Name()]; word != "" {
				found = append(found, p.finding(field.Pos(), t.Name()+"."+field.Name(), "is called %s elsewhere", word))
			}
		}
		switch {
		case has["From"] != nil && has["To"] == nil:
			found = append(found, p.finding(t.Pos(), t.Name(), "has From without To"))
		case has["Cursor"] != nil && has["Limit"] == nil:
			found = append(found, p.finding(t.Pos(), t.Name(), "has a Cursor without a Limit"))
		}
	}
	return found
}

// VerbShape finds verbs, which are functions that take a handle and params, of
// another form than func(ctx, db, VerbParams) (*Result, error), whose params are
// another verb's or called otherwise, and whose list is no page.
//
// A verb that only removes or checks returns an error alone.
func VerbShape(p *Package) []Finding {
	var found []Finding
	for _, name := range p.Types.Scope().Names() {
		f, ok := p.Types.Scope().Lookup(name).(*types.Func)
		if !ok || !f.Exported() || !isVerb(f.Signature()) {
			continue
		}
		if problem := verbProblem(f); problem != "" {
			found = append(found, p.finding(f.Pos(), name, "%s", problem))
		}
	}
	return found
}

// isVerb reports whether a function takes a context, a handle of bun's and a struct
// of params.
func isVerb(s *types.Signature) bool {
	if s.Params().Len() != 3 || s.Params().At(0).Type().String() != "context.Context" {
		return false
	}
	switch s.Params().At(1).Type().String() {
	case "github.com/uptrace/bun.IDB", "*github.com/uptrace/bun.DB":
		_, isStruct := s.Params().At(2).Type().Underlying().(*types.Struct)
		return isStruct
	}
	return false
}

// sharedParams are params that several verbs of a package take.
func sharedParams() map[string]bool {
	return map[string]bool{
		"BalanceParams": true, // of Balance and BalanceAt
		"CountParams":   true, // of Count and CountByStatus
		"ReviewParams":  true, // of Approve, Reject and MarkPaid
		"SwitchParams":  true, // of Enable and Disable
		"ChargeParams":  true, // of ChargeGeneration
		"HoldParams":    true, // of HoldGeneration
		"Params":        true, // of the one verb that a package has
	}
}

func verbProblem(f *types.Func) string {
	params := namedOf(f.Signature().Params().At(2).Type())
	results := f.Signature().Results()
	switch {
	case params == nil || params.Obj().Pkg() != f.Pkg() && f.Pkg().Path() != Module: // whose functions hand theirs on
		return "its params are no struct of its package"
	case params.Obj().Name() != f.Name()+"Params" && !sharedParams()[params.Obj().Name()]:
		return "its params are called " + params.Obj().Name()
	case results.Len() == 1 && results.At(0).Type().String() == "error":
		return ""
	case results.Len() != 2 || results.At(1).Type().String() != "error":
		return "it does not return a result and an error"
	}
	result := results.At(0).Type()
	if _, isSlice := result.Underlying().(*types.Slice); isSlice && hasField(params, "Cursor") {
		return "it returns a slice where others return a page"
	}
	if strings.HasPrefix(f.Name(), "List") && (!hasField(params, "Cursor") || !isPage(result)) {
		return "it is a list without a Cursor, or without a page"
	}
	return ""
}

// namedOf is a type's name, or that of what it points to.
func namedOf(t types.Type) *types.Named {
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	named, _ := types.Unalias(t).(*types.Named)
	return named
}

func hasField(t *types.Named, name string) bool {
	if t == nil {
		return false
	}
	object, _, _ := types.LookupFieldOrMethod(t, true, t.Obj().Pkg(), name)
	_, ok := object.(*types.Var)
	return ok
}

// isPage reports whether a result is a list.Page, or embeds one.
func isPage(result types.Type) bool {
	named := namedOf(result)
	if named == nil {
		return false
	}
	if named.Obj().Name() == "Page" && ours(named.Obj().Pkg()) {
		return true
	}
	fields, ok := named.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for field := range fields.Fields() {
		if field.Embedded() && isPage(field.Type()) {
			return true
		}
	}
	return false
}
