package chameleontest

import (
	"context"
	"fmt"
	"sync"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/tables"
	"github.com/chameleon-go/chameleon/schema"
)

// Template describes the initial content of a test's database: Chameleon's tables, and what
// a product has beside them. Declare one as a variable of the test package and take
// databases from it. Each process prepares it once and copies the result.
//
//	var app = &chameleontest.Template{Setup: migrations.Run}
//
//	func TestOrders(t *testing.T) {
//		db := app.New(t)
//
// Its fields must not change once a database was taken from it.
type Template struct {
	// Models are the models whose tables are pushed, of any of the packages, such as
	// credits.Models(); nil means all tables.
	Models []any
	// Setup, when set, runs after the push: migrations of the product's own tables,
	// rows that every test starts with. It closes nothing.
	Setup func(ctx context.Context, db *bun.DB) error

	once sync.Once
	file []byte
	err  error
}

// Prepare pushes the template's tables into an empty database and runs Setup.
//
// Errors: those of [schema.Push] and of Setup.
func (m *Template) Prepare(ctx context.Context, db *bun.DB) error {
	models := m.Models
	if models == nil {
		models = tables.All()
	}
	if _, err := schema.Push(ctx, db, models...); err != nil {
		return err
	}
	if m.Setup == nil {
		return nil
	}
	if err := m.Setup(ctx, db); err != nil {
		return fmt.Errorf("chameleontest: set up the template: %w", err)
	}
	return nil
}
