package main

import "github.com/chameleon-go/chameleon/dialect"

// privacyMutations leave a trace of metadata that was erased.
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
	}
}
