package chameleon_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/archive"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/transfer"
	"github.com/chameleon-go/chameleon/users"
	"github.com/chameleon-go/chameleon/web"
)

// errorTypes are all exported types of errors that carry something.
func errorTypes() []any {
	return []any{
		dialect.InvalidError{},
		dialect.NotFoundError{},
		schema.PushError{},
		schema.ForeignTablesError{},
		schema.AutoTimesError{},
		schema.DuplicatesError{},
		schema.RightsError{},
		schema.LossError{},
		schema.DependentsError{},
		dialect.Error{},
		dialect.NarrowColumnError{},
		users.UUIDTakenError{},
		list.RowError{},
		users.SearchIndexError{},
		users.EmailTakenError{},
		users.EmailConflictError{},
		credits.InsufficientError{},
		credits.BudgetError{},
		credits.KeyReusedError{},
		credits.ExceedsError{},
		credits.SpentError{},
		credits.HoldEndedError{},
		credits.ClockError{},
		credits.LimitError{},
		credits.CollationError{},
		credits.CorruptError{},
		credits.BatchError{},
		credits.AmbiguousError{},
		credits.NotAheadError{},
		audit.HistoryError{},
		credits.AccountError{},
		archive.ColumnsError{},
		credits.SweepError{},
		orders.DuplicateError{},
		orders.StateError{},
		orders.NotStartedError{},
		orders.PaymentTakenError{},
		orders.AmountError{},
		orders.CurrencyError{},
		webhook.Error{},
		providers.Error{},
		affiliates.CurrencyError{},
		affiliates.StateError{},
		content.SlugTakenError{},
		content.MovedError{Post: new(content.Post)},
		content.TranslationTakenError{},
		content.StateError{},
		generations.ParamsError{},
		generations.UnsupportedError{},
		generations.StateError{},
		generations.HeldError{},
		generations.PriceError{},
		generations.StuckError{},
		generations.RunningError{},
		transfer.NotEmptyError{},
		transfer.SchemaError{},
		transfer.ValueError{},
		transfer.RowsError{},
		transfer.MismatchError{},
		transfer.ArchiveError{},
	}
}

// forged is a value that would be a line of a log, and colours a terminal.
const forged = "order\n2026-01-01 level=ERROR msg=\"paid\" \x1b[31m\u202e\u2028"

// TestErrorsQuoteInput: whatever a caller, a webhook's sender or another program
// wrote, an error is one line without anything that cannot be seen.
func TestErrorsQuoteInput(t *testing.T) {
	var tried []string
	for _, zero := range errorTypes() {
		typ := reflect.TypeOf(zero)
		tried = append(tried, typ.PkgPath()[strings.LastIndexByte(typ.PkgPath(), '/')+1:]+"."+typ.Name())
		v := reflect.New(typ)
		forge(v.Elem())
		err, ok := reflect.TypeAssert[error](v)
		require.True(t, ok, "%s", typ)
		text := err.Error()
		unseen := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
		assert.Negative(t, unseen, "%s: %q", typ, text)
	}
	for _, name := range declaredErrors(t) {
		require.Contains(t, tried, name, "a new type of error belongs in errorTypes")
	}
}

// TestEveryErrorHasAProblem: what a client is told of an error is decided for each type
// of error. Those that are listed here are for whoever runs the product.
func TestEveryErrorHasAProblem(t *testing.T) {
	ours := []any{
		schema.PushError{},
		schema.ForeignTablesError{},
		schema.AutoTimesError{},
		schema.DuplicatesError{},
		schema.RightsError{},
		schema.LossError{},
		schema.DependentsError{},
		dialect.Error{},
		dialect.NarrowColumnError{},
		credits.CollationError{},
		credits.CorruptError{},
		credits.BatchError{},
		credits.AccountError{},
		credits.SweepError{},
		archive.ColumnsError{},
		transfer.NotEmptyError{},
		transfer.SchemaError{},
		transfer.ValueError{},
		transfer.RowsError{},
		transfer.MismatchError{},
		transfer.ArchiveError{},
		list.RowError{},
		users.SearchIndexError{},
		audit.HistoryError{},
		providers.Error{},
		generations.PriceError{},
		generations.StuckError{},
	}
	for _, zero := range errorTypes() {
		v := reflect.New(reflect.TypeOf(zero))
		forge(v.Elem())
		err, ok := reflect.TypeAssert[error](v)
		require.True(t, ok)
		hidden := web.ProblemOf(err).Code == "internal_error"
		listed := slices.ContainsFunc(ours, func(o any) bool { return reflect.TypeOf(o) == reflect.TypeOf(zero) })
		assert.Equal(t, listed, hidden, "%T", zero)
	}
}

// forge sets every exported string and error in a struct to something forged.
func forge(v reflect.Value) {
	failure := reflect.ValueOf(errors.New(forged))
	for _, f := range v.Fields() {
		switch {
		case !f.CanSet():
		case f.Kind() == reflect.String:
			f.SetString(forged)
		case f.Kind() == reflect.Struct:
			forge(f)
		case f.Kind() == reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			if e := f.Index(0); e.Kind() == reflect.String {
				e.SetString(forged)
			} else if e.Kind() == reflect.Struct {
				forge(e)
			}
		case failure.Type().AssignableTo(f.Type()):
			f.Set(failure)
		}
	}
}

// declaredErrors are the exported types with a method Error() string in packages
// that programs can import.
func declaredErrors(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{"internal", "testdata", "examples", "tools"}, entry.Name()) {
			return filepath.SkipDir
		}
		if entry.IsDir() {
			return skipForeign(entry.Name())
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "Error" || f.Recv == nil || f.Type.Params.NumFields() > 0 {
				continue
			}
			receiver := f.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			if name, ok := receiver.(*ast.Ident); ok && name.IsExported() {
				found = append(found, file.Name.Name+"."+name.Name)
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(found), 25)
	return found
}
