package enginetest

import (
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shardtest"
)

// layoutOf is how statements are inspected: as if the ledger and generations were
// sharded by user_uuid, and all else on one server.
func layoutOf(e *Env) shardtest.Layout {
	return shardtest.Layout{
		Tables:     []string{"credits", "credits_trans", "credits_trans_archive", "credits_lots", "credits_holds", "credits_budgets", "chameleon_events", "generations", "generations_archive"},
		MySQL:      e.Engine == dialect.MySQL || e.Engine == dialect.MariaDB,
		OneAccount: e.Sharded,
		Shapes:     e.Engine == dialect.PostgreSQL,
	}
}

// acrossShards are the functions that ask all shards, and why.
func acrossShards() map[string]string {
	return map[string]string{
		"credits.(*sweeper).list":                                 "a sweep looks for accounts that are due, over all",
		"credits.(*sweeper).anyDue":                               "a sweep looks for accounts that are due, over all",
		"credits/audit.(*verifier).run":                           "Verify and Rebuild of all accounts count them",
		"credits/audit.(*verifier).table":                         "Verify and Rebuild of all accounts list them",
		"generations.GetParams.rows < generations.GetParams.find": "a caller who does not say whose generation it is has it looked for",
		"credits.ExpiringSoonParams.list < credits.ExpiringSoon":  "grants that expire soon are listed over all accounts",
		"credits/audit.readHeads < credits/audit.ExportHeads":     "heads of all accounts are exported",
		"credits.(*book).insertEntriesPostgres":                   "entries go as arrays on one server alone; see takesArrays",
		"credits.(*book).updateAccountsArrays":                    "accounts go as arrays on one server alone; see takesArrays",
		"credits.ListAhead":                                       "accounts that a wrong clock moved ahead are looked for over all",
		"credits.(*statsQuery).read":                              "statistics of all accounts",
		"credits.(*statsQuery).readActive":                        "statistics of all accounts",
		"adopt.(*run).halves < adopt.Run":                         "an adoption counts accounts without a user, over all",
		"adopt.(*run).widths < adopt.Run":                         "an adoption looks how far the ids of each table are",
		"adopt.(*run).statuses < adopt.Run":                       "an adoption counts statuses of another program, over all",
		"adopt.(*run).restate < adopt.(*run).statuses":            "a final adoption makes them ours, by ids",
		"generations.Adopt < adopt.(*run).generations":            "an adoption looks for generations of another program, over all",
		"adopt.(*run).each < adopt.(*run).accounts":               "an adoption looks for accounts of another program, over all",
		"doctor.(*exam).lastID":                                   "an examination looks how far the ids of each table are",
		"doctor.(*exam).overdue":                                  "an examination counts what is overdue, over all",
		"doctor.(*exam).stuck":                                    "an examination counts what is stuck, over all",
		"doctor.(*exam).unadopted":                                "an examination looks for rows of another program, over all",
		"doctor.(*exam).sample":                                   "an examination draws accounts from all",
		"doctor.(*exam).rightsMySQL":                              "statements that are explained, for the rights that they need",
		"doctor.(*exam).hidden":                                   "a statement that returns no row, for the rights that it needs",
		"archive.(*archiver).list < archive.list":                 "accounts that have something to archive are looked for over all",
		"archive.(*restorer).list < archive.list":                 "accounts that have an archive are looked for over all",
		"archive.(*rowArchiver).list < archive.list":              "users that have something to archive are looked for over all",
		"archive.(*rowRestorer).list < archive.list":              "users that have an archive are looked for over all",
		"generations.order.taken":                                 "a name that a caller gives is looked for over all, where all is on one server",
		"transfer.(*side).countRows":                              "a whole table is moved, and counted before",
		"transfer.(*side).number":                                 "ids go on behind the highest of a whole table",
		"transfer.(*restore).write":                               "a restore replaces whole tables",
		"transfer.(*side).open":                                   "a whole table is moved",
		"transfer.each < transfer.(*side).sums":                   "a whole history is compared, by counts",
		"transfer.(*side).remove":                                 "rows of a whole table are deleted by their keys",
		"credits.(*noticer).list":                                 "grants that expire soon are looked for over all accounts",
		"events.due < events.Deliver":                             "events that are due are looked for over all accounts",
		"events.ListParked":                                       "parked events are listed over all accounts",
		"events.purge":                                            "events that were delivered are removed over all accounts",
		"generations.FailStuck":                                   "what is stuck is looked for over all users",
		"generations.tallies":                                     "counts are of all users",
		"generations.KeepTotals":                                  "generations of all users are counted, where all is on one server",
		"generations.RebuildTotals":                               "generations of all users are uncounted, where all is on one server",
		"credits.(*totalsQuery).sums":                             "credits of all accounts are summed",
		"credits.renewMark":                                       "entries of all accounts are counted, where all is on one server",
		"credits.(*totalsKeeper).next":                            "entries of all accounts are counted, where all is on one server",
		"credits.count < credits.(*totalsKeeper).upTo":            "entries of all accounts are counted, where all is on one server",
		"credits.freeOfLocksMySQL":                                "entries of all accounts are counted, where all is on one server",
		"credits.quartersOf":                                      "entries of all accounts are counted, where all is on one server",
		"credits.agrees":                                          "entries of all accounts are compared with totals, where all is on one server",
	}
}
