package main

import "github.com/chameleon-go/chameleon/dialect"

// totalsMutations break what keeps the ledger's totals those of its entries.
func totalsMutations() []mutation {
	const open = "^TestTotalsWaitForOpenTransactions$"
	return []mutation{
		{
			name: "postgres-totals-open", breaks: "entries are counted past one that its transaction has yet to commit",
			file: "totals_settled_postgres.go", engine: dialect.PostgreSQL,
			old: "return open == 0, err", new: "return open >= 0, err",
			tests: open,
		},
		{
			name: "mysql-totals-open", breaks: "entries are counted past one that its transaction has yet to commit",
			file: "totals_settled_mysql.go", engine: dialect.MySQL,
			old: "return false, nil", new: "return true, nil",
			tests: open,
		},
	}
}
