package main

import "github.com/chameleon-go/chameleon/dialect"

// outcomeMutations break what is told, and stored, of a charge whose answer is
// lost.
func outcomeMutations() []mutation {
	return []mutation{
		{
			name: "mysql-part-guard", breaks: "an account's row is committed without its entry",
			file: "charge_fast_mysql.go", engine: dialect.MySQL,
			old: "9223372036854775807 * (t.hash IS NULL OR t.hash <> a.head_hash", new: "0 * (t.hash IS NULL OR t.hash <> a.head_hash",
			tests: "^TestPartOfAChargeIsAnError$",
		},
		{
			name: "late-refusal", breaks: "a charge is refused while an attempt of it is still on its way",
			file: "charge_fast.go", engine: dialect.PostgreSQL,
			old: "return nil, dialect.Unsettled(lost, err)", new: "return nil, err",
			tests: "^TestLateAttemptAfterRefusal$",
		},
		{
			name: "own-work-replayed", breaks: "a call that lost the answer takes its own work for an earlier call's",
			file: "execute.go", engine: dialect.PostgreSQL,
			old: "s.ours = first.CallID != 0 && (first.CallID == s.call || first.CallID == s.mark)", new: "s.ours = s.call == 0",
			tests: "^TestResetWhileChargeWaits$",
		},
		{
			name: "own-generation-unnamed", breaks: "a generation whose answer was lost is not found again",
			at: "generations", file: "charge_fast.go", engine: dialect.PostgreSQL,
			old: "o.GenID = draft.GenID", new: "_ = draft.GenID",
			tests: "^TestChargeGenerationInOneRoundTrip$",
		},
		{
			name: "own-generation-replayed", breaks: "a generation whose answer was lost is taken for an earlier call's",
			at: "generations", file: "charge_fast.go", engine: dialect.PostgreSQL,
			old: "row.Ours() && ", new: "false && ",
			tests: "^TestChargeGenerationInOneRoundTrip$",
		},
	}
}
