package main

import "github.com/chameleon-go/chameleon/dialect"

// voidMutations break what a void looks at before it takes a grant away.
func voidMutations() []mutation {
	return []mutation{
		{
			name: "void-spent", breaks: "a grant that was spent in part is voided",
			file: "void.go", old: "free != granted ||", new: "free == 0 ||",
			engine: dialect.SQLite, tests: scenarios("claw-back", "a void of a grant that is not whole"),
		},
		{
			name: "void-indebted", breaks: "a grant whose credits became debt is voided",
			file: "void.go", old: "|| owed > 0 {", new: "|| owed < 0 {",
			engine: dialect.SQLite, tests: scenarios("claw-back", "a void of a grant that became debt"),
		},
		{
			name: "void-indebted-origin", breaks: "a renewal is voided though what it carried over became debt",
			file: "void.go", old: "root, err := a.rootOf(ctx, l)", new: "root, err := l, error(nil)",
			engine: dialect.SQLite, tests: scenarios("claw-back", "a void of a renewal is refused"),
		},
	}
}
