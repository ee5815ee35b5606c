package main

import "github.com/chameleon-go/chameleon/dialect"

// identityMutations let one person's names pass for another's.
func identityMutations() []mutation {
	return []mutation{
		{
			name: "email-folds-all", breaks: "a Kelvin sign in an email is a k",
			at: "internal/address", file: "address.go",
			old: "strings.Map(lowerASCII, norm.NFC.String(s))", new: "strings.ToLower(norm.NFC.String(s))",
			engine: dialect.SQLite, tests: "^TestStored$",
		},
		{
			name: "email-invisible", breaks: "characters that nobody sees make another address",
			at: "internal/address", file: "address.go",
			old: "if err := checkRunes(field, s); err != nil {", new: "if err := checkRunes(field, s); err != nil && false {",
			engine: dialect.SQLite, tests: "^TestNobodySignsInAsAnother$|^TestOneAddressIsOneAccount$", by: "users",
		},
		{
			name: "recycled-address", breaks: "another account of one provider joins the user by the email",
			at: "users", file: "signin_join.go", old: "if other {", new: "if other && false {",
			engine: dialect.SQLite, tests: "^TestSubjectsOfOneProviderAtOnce$|^TestUnlinkedProviderStillVouches$",
		},
		{
			name: "order-number-collates", breaks: "order numbers that differ by case are one",
			at: "orders", file: "model.go",
			old: "`bun:\"order_no,notnull,type:varchar(255)\" chameleon:\"exact\" json", new: "`bun:\"order_no,notnull,type:varchar(255)\" json",
			engine: dialect.MySQL, tests: "^TestNumbersAreByteForByte$",
		},
		{
			name: "signature-from-the-future", breaks: "a webhook signed far ahead of the clock is taken",
			at: "orders/stripe", file: "handle.go", old: "ahead > tolerance {", new: "ahead > tolerance && false {",
			engine: dialect.SQLite, tests: "^TestRequestsThatAreRefused$",
		},
	}
}
