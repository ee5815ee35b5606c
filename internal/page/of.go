package page

import "github.com/chameleon-go/chameleon/list"

// Of is a list's answer. Its Items are never nil, so that an empty page is an
// empty array in JSON and not null.
func Of[T any](items []T, next string) *list.Page[T] {
	if items == nil {
		items = []T{}
	}
	return &list.Page[T]{Items: items, Next: next}
}
