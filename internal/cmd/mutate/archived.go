package main

import (
	"slices"

	"github.com/chameleon-go/chameleon/dialect"
)

// archive starts the name of a test of the archive.
const archive = "^TestArchive$/.*/^archive$/"

// archiveMutations break what keeps archived entries part of the one history.
func archiveMutations() []mutation {
	return slices.Concat(archivedKeys(), archivedHistory(), archiving())
}

// archivedKeys have a key that was archived used again.
func archivedKeys() []mutation {
	return []mutation{
		{
			name: "postgres-archived-key", breaks: "a charge does not look for its key in the archive",
			file: "charge_fast_postgres.go", engine: dialect.PostgreSQL,
			old: "AND $4::text IS DISTINCT FROM (SELECT t.op_key FROM credits_trans_archive", new: "AND '' IS DISTINCT FROM (SELECT t.op_key FROM credits_trans_archive",
			tests: archive + "^archived_keys_are_used$",
		},
		{
			name: "postgres-archived-meanwhile", breaks: "a charge takes the archive for what it was when its statement began",
			file: "charge_fast_postgres.go", engine: dialect.PostgreSQL,
			old: "a.archived_seq = (SELECT v.archived_seq FROM credits AS v WHERE v.user_uuid = $1::text)", new: "true",
			tests: "^TestArchivedWhileAChargeWaits$",
		},
		{
			name: "mysql-archived-key", breaks: "a charge does not look for its key in the archive",
			file: "charge_fast_mysql.go", engine: dialect.MySQL,
			old: "(archived_seq = 0 OR NOT EXISTS (", new: "(archived_seq >= 0 OR NOT EXISTS (",
			tests: archive + "^archived_keys_are_used$",
		},
		{
			name: "mysql-archived-nested", breaks: "a charge in a caller's transaction does not look for its key in the archive",
			file: "charge_fast_mysql.go", engine: dialect.MySQL,
			old: `" AND archived_seq = 0"`, new: `" AND archived_seq >= 0"`,
			tests: archive + "^archived_keys_are_used$",
		},
		{
			name: "sqlite-archived-key", breaks: "a charge does not look for its key in the archive",
			file: "charge_fast_sqlite.go", engine: dialect.SQLite,
			old: "AND (a.archived_seq = 0 OR", new: "AND (a.archived_seq >= 0 OR",
			tests: archive + "^archived_keys_are_used$",
		},
		{
			name: "archived-key-forgotten", breaks: "the general path does not look for keys in the archive",
			file: "book.go", engine: dialect.SQLite,
			old: "b.accounts[ref.user].ArchivedSeq > 0", new: "b.accounts[ref.user].ArchivedSeq < 0",
			tests: archive + "^archived_keys_are_used$",
		},
	}
}

// archivedHistory have what is archived overlooked.
func archivedHistory() []mutation {
	return []mutation{
		{
			name: "archive-not-history", breaks: "what a charge drew and got back is looked for among recent entries alone",
			file: "history.go", engine: dialect.SQLite,
			old: "a.book.locked && a.ArchivedSeq == 0", new: "a.book.locked",
			tests: archive + "^what_is_archived_is_undone$",
		},
		{
			name: "mysql-archived-behind", breaks: "what was archived after a caller's snapshot is overlooked",
			file: "behind.go", engine: dialect.MySQL,
			old: "slices.BinarySearch(seqs, a.ArchivedSeq+1)", new: "slices.BinarySearch(seqs, 0)",
			tests: "^TestArchivedBehindASnapshot$",
		},
		{
			name: "archive-unredacted", breaks: "metadata in the archive is not erased",
			file: "redact.go", engine: dialect.SQLite,
			old:   "&& yield(archived.Entries.Archive(), (*ArchivedEntry)(nil))",
			new:   "&& archived.Entries.Archive() == \"\"",
			tests: archive + "^Redact_reaches_the_archive$",
		},
		{
			name: "archive-unverified", breaks: "Verify does not notice that the account's row denies its archive",
			at: "credits/audit", by: "credits", file: "verify_compare.go", engine: dialect.SQLite,
			old: "row.ArchivedSeq < c.archived", new: "row.ArchivedSeq < 0",
			tests: archive + "^Rebuild_mends_what_says_that_there_is_an_archive$",
		},
	}
}

// archiving have too much archived.
func archiving() []mutation {
	return []mutation{
		{
			name: "archive-takes-holds", breaks: "the entries of active holds are archived",
			at: "archive", by: "credits", file: "plan.go", engine: dialect.SQLite,
			old: "min(found.Latest, found.Hold)", new: "found.Latest",
			tests: archive + "^active_holds_stay,_and_what_came_after_them$",
		},
		{
			name: "archive-divides", breaks: "an operation is divided between the two tables",
			at: "archive", by: "credits", file: "plan.go", engine: dialect.SQLite,
			old: "op.Following == p.last+1:", new: "true:",
			tests: archive + "^reads_say_what_they_said,_also_once_it_came_back$",
		},
		{
			name: "archive-takes-foreign", breaks: "what another program is writing is archived",
			at: "archive", by: "credits", file: "plan.go", engine: dialect.SQLite,
			old: "	if foreign {", new: "	if foreign && account.ID < 0 {",
			tests: archive + "^an_account_that_another_program_writes_to_stays$",
		},
		{
			name: "generation-archived-name", breaks: "the name of an archived generation is used again",
			at: "generations", file: "archived.go", engine: dialect.SQLite,
			old: "taken, err := o.taken(ctx, tx, g)", new: "taken, err := false, error(nil)",
			tests: "^TestArchive$",
		},
		{
			name: "generation-archived-key", breaks: "a charge in one round trip uses the Key of an archived generation again",
			at: "generations", file: "charge_fast.go", engine: dialect.SQLite,
			old:   "row.Unless(archived.Generations.Archive(), \"request_key\", o.Key)",
			new:   "row.Unless(archived.Generations.Archive(), \"request_key\", \"\")",
			tests: "^TestArchive$",
		},
		{
			name: "generation-archived-kept", breaks: "what archived generations hold of a person is not erased",
			at: "generations", file: "forget.go", engine: dialect.SQLite,
			old: "(*ArchivedGeneration)(nil), (*Generation)(nil)}", new: "(*Generation)(nil)}",
			tests: "^TestArchive$",
		},
	}
}
