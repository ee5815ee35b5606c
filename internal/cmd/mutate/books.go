package main

import "github.com/chameleon-go/chameleon/dialect"

// bookMutations break transactions, batches and the chain.
func bookMutations() []mutation {
	snapshot := scenarios("isolation", "")
	tampering := "^TestVerifyFindsTampering$"
	return []mutation{
		{
			name: "postgres-no-lock", breaks: "accounts are read without locking them",
			file: "book.go", old: "if b.caps.LocksRows() {", new: "if b.specs == nil {",
			engine: dialect.PostgreSQL, tests: snapshot + "|" + scenarios("idempotency", "20 concurrent calls"),
		},
		{
			name: "mysql-no-lock", breaks: "accounts are read without locking them",
			file: "book_mysql.go", old: "a.id = ? AND a.user_uuid = ? FOR UPDATE)", new: "a.id = ? AND a.user_uuid = ?)",
			engine: dialect.MySQL, tests: snapshot + "|" + scenarios("idempotency", "20 concurrent calls"),
		},
		{
			name: "refusal-leaves-traces", breaks: "a refused operation of a batch moves the clock for the others",
			file: "execute.go", old: "\t\tundo()\n", new: "\t\t_ = undo\n",
			engine: dialect.SQLite, tests: scenarios("batch", "a refused operation does not sink"),
		},
		{
			name: "all-or-some", breaks: "a batch that asked for all or nothing does a part",
			file: "execute.go", old: "case all:", new: "case all && s == nil:",
			engine: dialect.SQLite, tests: scenarios("batch", "all or nothing"),
		},
		{
			name: "left-credits-overwritten", breaks: "left_credits loses what other programs wrote",
			file: "flush_accounts.go", engine: dialect.SQLite,
			old:   `{"left_credits", true, func(a *account) any { return a.LeftCredits - a.loaded.LeftCredits }},`,
			new:   `{"left_credits", false, func(a *account) any { return a.Balance - a.HeldCredits + a.DebtCredits }},`,
			tests: "^TestSweepKeepsWhatOthersWrote",
		},
		{
			name: "total-credits-unwritten", breaks: "total_credits does not grow",
			file: "flush_accounts.go", engine: dialect.SQLite,
			old: "return a.TotalCredits - a.loaded.TotalCredits }", new: "return 0 }",
			tests: scenarios("grant", "the sign-up bonus"),
		},
		{
			name: "limit-forgotten", breaks: "sums are written that an adopted column of 32 bits does not hold",
			file: "limits.go", old: "if s.adoptable && s.is", new: "if s.unlimited && s.was < 0 && s.is",
			engine: dialect.PostgreSQL, tests: "^TestNarrow",
		},
		{
			name: "large-charge-fast", breaks: "a charge in one round trip takes more than 32 bits",
			file: "charge_fast.go", old: "!width.In32Bits(p.Amount)", new: "!width.In32Bits(0)",
			engine: dialect.PostgreSQL, tests: "^TestAmountsOf64Bits$",
		},
		{
			name: "chain-without-metadata", breaks: "changed metadata is not found",
			file: "chain.go", old: "e.OrderNo, e.GenID, chain.MetadataDigest(e.MetadataSalt, e.Metadata),", new: "e.OrderNo, e.GenID,",
			engine: dialect.SQLite, tests: tampering, by: audit,
		},
		{
			name: "chain-without-links", breaks: "an entry's hash does not cover the one before",
			file: "internal/chain/chain.go", old: "append(room[:0], previous...)", new: "room[:0]",
			engine: dialect.SQLite, tests: tampering + "|^TestExportedHeadFindsRewriting$", by: audit,
		},
	}
}
