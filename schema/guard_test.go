package schema

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGuardLetsAdditionsPass(t *testing.T) {
	for _, c := range []Change{
		{Kind: AddTable, Statement: "CREATE TABLE `drop` (`rename` text NULL DEFAULT 'DROP TABLE x; --')"},
		{Kind: AddTable, Statement: `CREATE TABLE "t" ("id" bigint NOT NULL, PRIMARY KEY ("id"))`},
		{Kind: AddColumns, Statement: `ALTER TABLE "t" ADD COLUMN "update" integer NOT NULL DEFAULT 0, ADD COLUMN "b" text NULL`},
		{Kind: AddColumns, Statement: "ALTER TABLE `t` ALTER COLUMN `c` SET NOT NULL"},
		{Kind: AddIndex, Statement: `CREATE UNIQUE INDEX "i" ON "t" ("a") WHERE a IS NOT NULL`},
		{Kind: AddIndex, Statement: "ALTER TABLE `t` ADD UNIQUE INDEX `i` (`a`)"},
	} {
		require.NoError(t, guard(c))
	}
}

func TestGuardRefusesTheRest(t *testing.T) {
	for _, c := range []Change{
		{Kind: AddTable, Statement: "DROP TABLE `t`"},
		{Kind: AddTable, Statement: "CREATE TABLE `new_t` (`id` int); DROP TABLE `t`"},
		{Kind: AddTable, Statement: "CREATE TABLE `new_t` (`id` int) AS SELECT * FROM `t`"},
		{Kind: AddTable, Statement: "PRAGMA foreign_keys = off"},
		{Kind: AddColumns, Statement: "ALTER TABLE `t` ADD COLUMN `a` text NULL, DROP COLUMN `b`"},
		{Kind: AddColumns, Statement: "ALTER TABLE `t` MODIFY COLUMN `a` text NULL"},
		{Kind: AddColumns, Statement: "ALTER TABLE `t` CHANGE COLUMN `a` `b` text NULL"},
		{Kind: AddColumns, Statement: "ALTER TABLE `new_t` RENAME TO `t`"},
		{Kind: AddColumns, Statement: `ALTER TABLE "t" ALTER COLUMN "c" TYPE bigint`},
		{Kind: AddColumns, Statement: "INSERT INTO `new_t` (`a`) SELECT `a` FROM `t`"},
		{Kind: AddIndex, Statement: "ALTER TABLE `t` DROP INDEX `i`"},
		{Kind: AddIndex, Statement: `CREATE INDEX "i" ON "t" ("a"); SELECT 1`},
		{Kind: "drop table", Statement: "DROP TABLE `t`"},
		{Kind: AddIndex, Statement: ""},
	} {
		require.ErrorContains(t, guard(c), "refused", c.Statement)
	}
}
