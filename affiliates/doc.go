// Package affiliates holds the commissions that referrers earn: one row for
// each paid order of a user whom they invited.
package affiliates
