package surface

import (
	"go/types"
	"reflect"
	"regexp"
	"strings"
	"unicode"
)

// parameters are the structs that callers fill in, besides those whose names say
// so (…Params, …Config, …Options): nobody marshals them.
func parameters() map[string]bool {
	return map[string]bool{
		"chameleon.Option":     true,
		"credits.CarryOver":    true, // of GrantParams
		"users.Profile":        true, // of SignInParams
		"creem.Request":        true, // of Handle
		"stripe.Request":       true, // of Handle
		"webhook.Answers":      true, // of Options
		"webhook.Bill":         true, // what Handle passes on
		"generations.Made":     true, // what RunParams.Make returns
		"dialect.Attempt":      true, // to an observer
		"dialect.Capabilities": true, // of a handle
		"dialect.Observed":     true, // to an observer
		"dialect.Index":        true, // of a model
		"handle.Query":         true, // of a tracer
		"handle.Settings":      true, // of Open
		"sqlite.Pragma":        true, // of Config
	}
}

// JSONTags finds fields of results and models without a fitting JSON tag.
//
// A name is the column's, or the field's in snake_case. A zero time, an absent
// pointer and an empty slice are left out, but for the items of a page, which are
// always there. An error has no JSON of its own, and what hides itself from
// encoders would fail the whole result, so both are marked "-".
//
// What the test kit and the ledger's suite make stays in the test.
func JSONTags(p *Package) []Finding {
	var found []Finding
	if p.Path == "chameleontest" || strings.HasPrefix(p.Path, "chameleontest/") || strings.HasPrefix(p.Path, "credits/ledgertest") {
		return nil
	}
	for _, t := range p.exportedTypes() {
		fields, ok := t.Type().Underlying().(*types.Struct)
		if !ok || isParameter(p, t) {
			continue
		}
		for i := range fields.NumFields() {
			field := fields.Field(i)
			if !field.Exported() {
				continue
			}
			if problem := tagProblem(field, reflect.StructTag(fields.Tag(i))); problem != "" {
				found = append(found, p.finding(field.Pos(), t.Name()+"."+field.Name(), "%s", problem))
			}
		}
	}
	return found
}

// isParameter reports whether a struct is a parameter, an error or a bun dialect.
func isParameter(p *Package, t *types.TypeName) bool {
	for _, end := range []string{"Params", "Config", "Options", "Dialect"} {
		if strings.HasSuffix(t.Name(), end) {
			return true
		}
	}
	return parameters()[p.Types.Name()+"."+t.Name()] || isError(t.Type())
}

func tagProblem(field *types.Var, tag reflect.StructTag) string {
	text, tagged := tag.Lookup("json")
	name, options, _ := strings.Cut(text, ",")
	switch hides := hidesItself(field.Type()); {
	case field.Embedded():
		return embeddedProblem(field, tagged, hides)
	case !tagged:
		return "has no JSON tag"
	case text == "-":
		return ""
	case hides != "":
		return hides + `, so that its tag is "-"`
	case name != jsonName(field, tag):
		return "is not called " + jsonName(field, tag)
	}
	if want := optionFor(field); want != "" && options != want {
		return "its tag lacks " + want
	}
	return ""
}

// embeddedProblem: what is embedded lends its fields, and no method of encoders,
// which would speak for the whole struct.
func embeddedProblem(field *types.Var, tagged bool, hides string) string {
	switch {
	case tagged:
		return "is embedded and has a JSON tag"
	case hides != "" || hasMethod(field.Type(), "MarshalJSON"):
		return "is embedded and marshals itself"
	}
	return ""
}

// hidesItself says why a type is not marshaled, "" if it is.
func hidesItself(t types.Type) string {
	if _, ok := t.Underlying().(*types.Signature); ok {
		return "a function has no JSON"
	}
	if types.Identical(t, types.Universe.Lookup("error").Type()) {
		return "an error has no JSON"
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && ours(named.Obj().Pkg()) &&
		(hasMethod(t, "MarshalText") || hasMethod(t, "MarshalJSON")) && !isError(t) {
		return "it hides itself"
	}
	return ""
}

func hasMethod(t types.Type, name string) bool {
	object, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	_, ok := object.(*types.Func)
	return ok
}

// optionFor is the option that leaves out a field's empty value.
func optionFor(field *types.Var) string {
	t := field.Type()
	if t.String() == "time.Time" {
		return "omitzero"
	}
	switch t.Underlying().(type) {
	case *types.Pointer:
		return "omitzero"
	case *types.Slice:
		if field.Name() != "Items" && t.String() != "encoding/json.RawMessage" {
			return "omitempty"
		}
	}
	return ""
}

// jsonName is the column's name, or the field's in snake_case.
func jsonName(field *types.Var, tag reflect.StructTag) string {
	if column, _, _ := strings.Cut(tag.Get("bun"), ","); column != "" {
		return column
	}
	return snakeCase(field.Name())
}

// initialisms are words of capitals in Go's names, which are one word elsewhere.
var initialisms = regexp.MustCompile(`UUID|URLs|URL|API|AI|ID|DB`)

func snakeCase(name string) string {
	name = initialisms.ReplaceAllStringFunc(name, func(s string) string { return s[:1] + strings.ToLower(s[1:]) })
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
