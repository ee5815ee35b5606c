// Package list holds what the lists of all packages have in common: how a page of
// one looks, and how long it may be.
//
// A list takes the params Cursor and Limit and returns a [Page]. The first page is
// that of the empty Cursor; Next is the Cursor of the page after, with all other
// params as they were:
//
//	for p := (orders.ListAllParams{}); ; {
//		page, err := orders.ListAll(ctx, db, p)
//		…
//		if p.Cursor = page.Next; p.Cursor == "" {
//			break
//		}
//	}
//
// Pages begin where the one before ended, whatever was added or removed meanwhile.
// Cursors are opaque, fit for a URL, and those of another list are refused.
package list

const (
	// DefaultLimit is a page's limit where the Limit of the params is 0.
	DefaultLimit = 20
	// MaxLimit is the highest.
	MaxLimit = 500
)

// Page is a part of a list.
type Page[T any] struct {
	// Items are the rows, in the list's order.
	Items []T `json:"items"`
	// Next is the cursor of the next page, empty on the last one.
	Next string `json:"next,omitempty"`
}
