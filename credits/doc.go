// Package credits is the ledger. (Its manual is below.)
package credits
