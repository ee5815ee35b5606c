package main

import "github.com/chameleon-go/chameleon/dialect"

// privacyMutations leave a trace of what was erased.
func privacyMutations() []mutation {
	return []mutation{
		{
			name: "metadata-unsalted", breaks: "erased metadata is found by trying",
			file: "internal/chain/chain.go", old: "return rand.Text()", new: "return rand.Text()[:0]",
			engine: dialect.SQLite, tests: "^TestRedactedMetadataIsNotFoundByTrying$",
		},
		{
			name: "salt-kept", breaks: "erased metadata is found by trying, with its salt",
			file: "redact.go", old: ` END, metadata_salt = NULL WHERE`, new: " END WHERE",
			engine: dialect.SQLite, tests: "^TestRedactedMetadataIsNotFoundByTrying$",
		},
		{
			name: "fingerprint-unsalted", breaks: "erased metadata is found by trying the fingerprint",
			file: "builder.go", old: "s.fingerprint(chain.MetadataDigest(s.salt, s.meta)),", new: "s.fingerprint(s.meta),",
			engine: dialect.SQLite, tests: "^TestRedactedMetadataIsNotFoundByTrying$",
		},
		{
			name: "payments-remember", breaks: "why a payment failed outlives the user",
			at: "orders", file: "forget.go", old: "for nos := range slices.Chunk(result.OrderNos, forgetBatch) {",
			new:    "for nos := range slices.Chunk(result.OrderNos[:0], forgetBatch) {",
			engine: dialect.SQLite, tests: "^TestDeleteUser$|^TestDeleteUserErasesEveryColumn$", by: ".",
		},
		{
			name: "former-emails-remain", breaks: "an address that the user had before is not erased elsewhere",
			at: "users", file: "former.go", old: `if email == "" || unverified ||`, new: `if email != "" || unverified ||`,
			engine: dialect.SQLite, tests: "^TestDeleteUserFindsFormerEmails$", by: ".",
		},
		{
			name: "emails-by-spelling", breaks: "an address is not erased where another program spelled it in punycode",
			at: "affiliates", file: "forget.go", old: "loosely(address.Punycode(email))", new: "loosely(email)",
			engine: dialect.SQLite, tests: "^TestDeleteUserFindsFormerEmails$", by: ".",
		},
		{
			name: "adopted-columns-remain", breaks: "columns of an adopted table are not erased",
			at: "internal/erase", file: "erase.go", old: "if err != nil || len(found) == 0 {", new: "if err != nil || len(found) >= 0 {",
			engine: dialect.SQLite, tests: "^TestDeleteUserErasesAdoptedColumns$", by: ".",
		},
	}
}
