package surface

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOtherWordsAreFound(t *testing.T) {
	t.Parallel()
	p := snippet(t, `package snippet

type GoodParams struct {
	UserUUID, UUID, Cursor string
	From, To, At, ExpiresAt int
	Limit int
}

type OtherParams struct {
	UserID string
	Since, Until int
	Offset, PageSize int
}

type HalfParams struct { From int }

type EndlessParams struct { Cursor string }

type Result struct { After int }
`)
	assert.Equal(t, map[string]string{
		"snippet.OtherParams.UserID":   "is called UserUUID elsewhere",
		"snippet.OtherParams.Since":    "is called From elsewhere",
		"snippet.OtherParams.Until":    "is called To elsewhere",
		"snippet.OtherParams.Offset":   "is called Cursor elsewhere",
		"snippet.OtherParams.PageSize": "is called Limit elsewhere",
		"snippet.HalfParams":           "has From without To",
		"snippet.EndlessParams":        "has a Cursor without a Limit",
	}, problems(Words(p)))
}

func TestOtherVerbsAreFound(t *testing.T) {
	t.Parallel()
	p := snippetUsing(t, `package snippet

import (
	"context"

	"github.com/uptrace/bun"
)

type Page[T any] struct { Items []T; Next string }

type Row struct{}

type DeleteParams struct{}

func Delete(ctx context.Context, db bun.IDB, p DeleteParams) error { return nil }

type ListParams struct { Cursor string; Limit int }

func List(ctx context.Context, db bun.IDB, p ListParams) (*Page[Row], error) { return nil, nil }

type Total struct { Page[Row]; Total int }

type ListTotalParams struct { Cursor string; Limit int }

func ListTotal(ctx context.Context, db *bun.DB, p ListTotalParams) (*Total, error) { return nil, nil }

func Get(ctx context.Context, db bun.IDB, p DeleteParams) (*Row, error) { return nil, nil }

type ListAllParams struct { Limit int }

func ListAll(ctx context.Context, db bun.IDB, p ListAllParams) (*Page[Row], error) { return nil, nil }

type SearchParams struct { Cursor string }

func Search(ctx context.Context, db bun.IDB, p SearchParams) ([]Row, error) { return nil, nil }

type Own struct { Rows []Row; Next string }

type ListOwnParams struct { Cursor string }

func ListOwn(ctx context.Context, db bun.IDB, p ListOwnParams) (*Own, error) { return nil, nil }

type CountParams struct{}

func Count(ctx context.Context, db bun.IDB, p CountParams) int { return 0 }

func Tell(ctx context.Context, db bun.IDB, p struct{ Name string }) error { return nil }
`, map[string]string{"github.com/uptrace/bun": "package bun\n\ntype IDB interface{ Exec() }\n\ntype DB struct{}\n"})
	assert.Equal(t, map[string]string{
		"snippet.Get":     "its params are called DeleteParams",
		"snippet.ListAll": "it is a list without a Cursor, or without a page",
		"snippet.Search":  "it returns a slice where others return a page",
		"snippet.ListOwn": "it is a list without a Cursor, or without a page",
		"snippet.Count":   "it does not return a result and an error",
		"snippet.Tell":    "its params are no struct of its package",
	}, problems(VerbShape(p)))
}
