package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/doctor"
)

func (a *app) doctorCommand() *cobra.Command {
	var p doctor.Params
	var failOn string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong with the database, or soon will be, and what to do",
		Long: `doctor looks at the connection, the server's version and settings, clocks, rights,
tables, columns and indexes, ids near their end, long transactions, limits of
connections, poolers, slow queries, overdue grants, holds and generations, rows to
adopt, keys in plaintext, and verifies a sample of accounts. It only reads, and only
a little: it may run on a large database while that is busy.

A database that cannot be reached is a finding as well, with its cause: unknown host,
connection refused, no answer, TLS, password, database missing.

Findings of the severity in --fail-on, and more urgent ones, end it with exit code 3.
docs/operations.md explains each code.`,
		Example: `  chameleon doctor
  chameleon doctor --json --fail-on warning
  chameleon doctor --sample 200`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd, p, doctor.Severity(failOn)) },
	}
	flags := cmd.Flags()
	flags.StringVar(&failOn, "fail-on", string(doctor.Error), "the least `severity` that is a failure: info, warning or error")
	flags.IntVar(&p.Sample, "sample", doctor.DefaultSample, "how many `accounts` are verified; -1 for none")
	flags.DurationVar(&p.Timeout, "check-timeout", doctor.DefaultTimeout, "how `long` each check may take")
	flags.DurationVar(&p.Slow, "slow", doctor.DefaultSlow, "the mean `time` from which on a statement is slow")
	flags.DurationVar(&p.LongTransaction, "long-transaction", doctor.DefaultLongTransaction, "the `age` from which on a transaction is long")
	flags.DurationVar(&p.StuckAfter, "stuck-after", doctor.DefaultStuckAfter, "the `time` from which on a grant, hold or generation is overdue")
	_ = cmd.RegisterFlagCompletionFunc("fail-on", // the flag is there
		cobra.FixedCompletions([]string{"info", "warning", "error"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) doctor(cmd *cobra.Command, p doctor.Params, failOn doctor.Severity) error {
	if !failOn.Valid() {
		return usagef("--fail-on: %q is not info, warning or error", string(failOn))
	}
	url, err := a.databaseURL()
	if err != nil {
		return err
	}
	report, err := chameleon.Doctor(cmd.Context(), url, p, chameleon.WithLogger(a.logger()))
	if err != nil {
		return err
	}
	if err := a.print(report, func(w io.Writer) { fmt.Fprint(w, report.Text()) }); err != nil {
		return err
	}
	if report.Worst().AtLeast(failOn) {
		return errFindings
	}
	return nil
}
