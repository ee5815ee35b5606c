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
			name: "email-uncomposed", breaks: "letters and their accents, typed apart, make another address",
			at: "internal/address", file: "address.go",
			old: "return norm.NFC.String(strings.Map(lowerASCII, norm.NFC.String(s)))", new: `return norm.NFC.String("") + strings.Map(lowerASCII, s)`,
			engine: dialect.SQLite, tests: "^TestStored$",
		},
		{
			name: "unverified-joins", breaks: "an address that the provider has not verified joins its user",
			at: "users", file: "signin_join.go", old: "case !s.EmailVerified:", new: "case !s.EmailVerified && holder == nil:",
			engine: dialect.SQLite, tests: "^TestSignInNeverJoinsByAnUnverifiedEmail$",
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
		{
			name: "event-from-the-future", breaks: "an event of Creem's that is stamped far ahead is taken",
			at: "orders/creem", file: "handle.go", old: "age > c.MaxAge || age < -futureTolerance", new: "age > c.MaxAge",
			engine: dialect.SQLite, tests: "^TestRequestsThatAreRefused$",
		},
	}
}

// accountMutations give an account, or its welcome credits, to somebody else.
func accountMutations() []mutation {
	return []mutation{
		{
			name: "unproven-unsaid", breaks: "a stranger's sign-up with somebody's address counts as proof of it",
			at: "users", file: "create.go", old: "Email: email, EmailUnverified: p.EmailUnverified,", new: "Email: email,",
			engine: dialect.SQLite, tests: "^TestAStrangerWaitsInAnAccount$",
		},
		{
			name: "unproven-takes", breaks: "who has not proven an address takes it from who has not either",
			at: "users", file: "claim.go", old: "if !c.proven || !holder.EmailUnverified {", new: "if !holder.EmailUnverified {",
			engine: dialect.SQLite, tests: "^TestUnprovenTakesNothing$",
		},
		{
			name: "unlinked-forgotten", breaks: "another account of a provider that was unlinked joins by the email",
			at: "users", file: "former.go", old: "for of = append(of, id.Subject); len(of) > 0; of = of[1:] {", new: "for of = append(of, id.Subject); false; {",
			engine: dialect.SQLite, tests: "^TestUnlinkedProviderStillVouches$",
		},
		{
			name: "welcome-again", breaks: "who is deleted and comes again has the welcome credits again",
			at: "users", file: "welcome.go", old: "first = first && inserted", new: "first = first || inserted",
			engine: dialect.SQLite, tests: "^TestWelcomeCreditsComeOnce$",
		},
		{
			name: "welcome-by-email-alone", breaks: "an identity with another address has the welcome credits again",
			at: "users", file: "welcome.go", old: `if w.subject != "" {`, new: `if w.subject == "" {`,
			engine: dialect.SQLite, tests: "^TestWelcomeCreditsComeOnce$",
		},
	}
}
