// Package list holds what the lists of all packages have in common: the type of a
// page, and its limits.
//
// A list takes the params Cursor and Limit and returns a [Page]. An empty Cursor
// gets the first page; Next is the Cursor of the next page, with all other params
// unchanged:
//
//	for p := (orders.ListAllParams{}); ; {
//		page, err := orders.ListAll(ctx, db, p)
//		…
//		if p.Cursor = page.Next; p.Cursor == "" {
//			break
//		}
//	}
//
// A page begins where the previous one ended, whatever was added or removed in the
// meantime. Cursors are opaque and URL-safe, and a cursor of another list is
// refused.
//
// Rows of other programs are listed, too, whatever form of time they have. One that cannot
// be is named by a [RowError]; no list goes round.
package list

const (
	// DefaultLimit is the limit of a page if the params' Limit is 0.
	DefaultLimit = 20
	// MaxLimit is the maximum.
	MaxLimit = 500
)

// Page is one page of a list.
type Page[T any] struct {
	// Items are the rows, in the list's order.
	Items []T `json:"items"`
	// Next is the cursor of the next page, empty on the last one.
	Next string `json:"next,omitempty"`
}
