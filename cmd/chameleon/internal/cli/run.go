package cli

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
)

// Env is what a run of the command finds around it.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	// Getenv returns an environment variable, empty when it is not set.
	Getenv func(name string) string
	// Dir is where .env is looked for, empty for the working directory.
	Dir string
	// Asks means that somebody is at In and can be asked; Draws that Err is a
	// terminal, which can show progress bars; Shows that Out is one, which is no place
	// for a backup.
	Asks, Draws, Shows bool
	// scryptWork is the effort of passphrases, 0 for age's own. Tests spare it.
	scryptWork int
}

// Main is the program: it runs the command as this process, and returns its exit code.
func Main() int {
	ctx, stop := Interruptible(context.Background(), os.Stderr)
	defer stop()
	return Run(ctx, os.Args[1:], Env{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv,
		Asks:  isatty.IsTerminal(os.Stdin.Fd()),
		Draws: isatty.IsTerminal(os.Stderr.Fd()),
		Shows: isatty.IsTerminal(os.Stdout.Fd()),
	})
}

// Run runs the command with its arguments, without the program's name, and returns
// the exit code.
func Run(ctx context.Context, args []string, env Env) int {
	a := &app{env: env, args: args}
	root := a.root()
	root.SetArgs(args)
	return a.end(ctx, root.ExecuteContext(ctx))
}

// app is one run of the command.
type app struct {
	env  Env
	args []string
	// file holds the variables of the .env file, read once.
	file map[string]string
	// urls are the databases', once they were looked for: they never get printed.
	urls []string
	// stopped is what an interruption means to the command, where it does not go on.
	stopped string
	// began means that the command line was understood.
	began bool

	flags struct {
		url     string
		envFile string
		json    bool
		quiet   bool
		timeout time.Duration
	}
}

// root is the command with all others below it.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "chameleon",
		Short: "Look after a Chameleon database",
		Long: `chameleon looks after a Chameleon database on PostgreSQL, MySQL, MariaDB or
SQLite.

The database is the one that DATABASE_URL names, in the environment or in a file
.env in the working directory. The environment wins over the file, and --url over
both; other processes of the machine can see what stands on a command line, so
prefer the variable where the URL holds a password.

Results go to standard output, as text or with --json as JSON. Errors, progress and
log lines go to standard error: a bar on a terminal, plain lines elsewhere. No
password and no key is ever printed.

Ctrl-C is safe at any moment: the transaction that is running is rolled back, what
was committed before it stays, and the same command goes on where it stopped.

Exit codes:
  0    done, and nothing found that needs attention
  1    it failed; the error says why, and what to do
  2    the command line, a value or the database's URL is wrong; nothing was done
  3    done, with findings: breaches, accounts set aside, checks that failed
  130  interrupted`,
		Example: `  export DATABASE_URL=mysql://root@localhost:3306/app
  chameleon doctor
  chameleon push
  chameleon verify --json`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(a.env.In)
	root.SetOut(a.env.Out)
	root.SetErr(a.env.Err)
	flags := root.PersistentFlags()
	flags.StringVar(&a.flags.url, "url", "", "the database's `URL`, instead of DATABASE_URL")
	flags.StringVar(&a.flags.envFile, "env-file", "", "read variables from this `file` instead of .env")
	flags.BoolVar(&a.flags.json, "json", false, "print the result as JSON")
	flags.BoolVarP(&a.flags.quiet, "quiet", "q", false, "no progress and no log lines")
	flags.DurationVar(&a.flags.timeout, "timeout", 0, "give up after this `duration`, such as 10m (default: never)")
	for _, command := range commands() {
		root.AddCommand(command(a))
	}
	a.finish(root)
	return root
}

// commands make the commands below the root, in the order of their manual.
func commands() []func(*app) *cobra.Command {
	return []func(*app) *cobra.Command{
		(*app).doctorCommand, (*app).planCommand, (*app).pushCommand, (*app).statusCommand, (*app).undoCommand,
		(*app).adoptCommand, (*app).copyCommand, (*app).backupCommand, (*app).restoreCommand, (*app).inspectCommand,
		(*app).verifyCommand, (*app).headsCommand, (*app).rebuildCommand, (*app).expireCommand,
		(*app).archiveCommand, (*app).maintainCommand, (*app).statsCommand, (*app).keysCommand,
	}
}

// group marks commands that only hold others.
const group = "group"

// finish gives all commands what they have in common.
func (a *app) finish(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.DisableFlagsInUseLine = true
	if cmd.HasSubCommands() && cmd.RunE == nil {
		cmd.Annotations = map[string]string{group: ""}
		cmd.Args = cobra.NoArgs
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	} else if fits := cmd.Args; fits != nil && !cmd.HasSubCommands() {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if fits(cmd, args) != nil {
				return usagef("wrong number of arguments; usage: %s", cmd.UseLine())
			}
			return nil
		}
	}
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.began = true
			if a.flags.timeout > 0 {
				ctx, cancel := context.WithTimeout(cmd.Context(), a.flags.timeout)
				defer cancel()
				cmd.SetContext(ctx)
			}
			return run(cmd, args)
		}
	}
	for _, below := range cmd.Commands() {
		a.finish(below)
	}
}
