package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/schema"
)

func (a *app) planCommand() *cobra.Command {
	var layout schema.Options
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show the SQL that a push would run",
		Long: `plan compares the database with the tables that this version needs, and prints the
statements that push would run, in order. It only reads, and takes no lock.`,
		Example: `  chameleon plan
  chameleon plan --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(db *bun.DB) error {
				result, err := layout.Plan(cmd.Context(), db, chameleon.Models()...)
				if err != nil {
					return err
				}
				return a.print(result, func(w io.Writer) { changes(w, result.Changes, "push would make") })
			})
		},
	}
	shardedFlag(cmd, &layout)
	return cmd
}

// shardedFlag lets a first push lay the tables out for shards.
func shardedFlag(cmd *cobra.Command, layout *schema.Options) {
	cmd.Flags().BoolVar(&layout.Sharded, "sharded", false, "lay new tables out for shards by user (docs/sharding.md)")
}

func (a *app) pushCommand() *cobra.Command {
	var sql, inverse bool
	var layout schema.Options
	cmd := &cobra.Command{
		Use:   "push",
		Short: "Create tables, columns and indexes that are missing",
		Long: `push brings the database's tables to what this version needs, by additions alone.
Nothing is dropped, renamed or rewritten, and tables that are not Chameleon's are
left as they are. A database that is up to date is only read, so that a deployment
can push every time; several pushes at once wait for one another.

A push needs the right to create tables and indexes. plan shows it first.

With --sharded the first push lays the tables out for shards. Later ones follow the
layout that the tables have.

With --sql it runs nothing and prints the statements, for your own migration tool;
with --inverse those that take them back.`,
		Example: `  chameleon push
  chameleon push --sql > 0042_chameleon.up.sql
  chameleon push --inverse > 0042_chameleon.down.sql
  DATABASE_URL=sqlite://app.db chameleon push --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(db *bun.DB) error {
				if sql || inverse {
					return a.pushSQL(cmd, db, layout, inverse)
				}
				result, err := push(cmd.Context(), db, layout)
				did := result != nil && len(result.Changes) > 0
				return a.printDone(result, did, err, func(w io.Writer) { changes(w, result.Changes, "made") })
			})
		},
	}
	cmd.Flags().BoolVar(&sql, "sql", false, "print the SQL, and run nothing")
	cmd.Flags().BoolVar(&inverse, "inverse", false, "print the SQL that takes the push back, and run nothing")
	cmd.MarkFlagsMutuallyExclusive("sql", "inverse")
	shardedFlag(cmd, &layout)
	return cmd
}

// push makes the tables in a layout, which what else belongs to a push then follows.
func push(ctx context.Context, db *bun.DB, layout schema.Options) (*schema.Result, error) {
	if !layout.Sharded {
		return chameleon.Push(ctx, db)
	}
	result, err := layout.Push(ctx, db, chameleon.Models()...)
	if err != nil {
		return result, err
	}
	_, err = chameleon.Push(ctx, db)
	return result, err
}

// pushSQL prints the statements of a push, or their inverse.
func (a *app) pushSQL(cmd *cobra.Command, db *bun.DB, layout schema.Options, inverse bool) error {
	plan, err := layout.Plan(cmd.Context(), db, chameleon.Models()...)
	if err != nil {
		return err
	}
	text := plan.SQL()
	if inverse {
		text = plan.InverseSQL()
	}
	return a.print(plan, func(w io.Writer) { fmt.Fprint(w, text) })
}

func changes(w io.Writer, made []schema.Change, verb string) {
	if len(made) == 0 {
		fmt.Fprintln(w, "the schema is up to date")
		return
	}
	fmt.Fprintf(w, "-- %s %s\n", verb, plural(len(made), "change"))
	for _, c := range made {
		fmt.Fprintf(w, "%s;\n", c.Statement)
	}
}
