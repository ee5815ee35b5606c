package cli

import (
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
)

func (a *app) statsCommand() *cobra.Command {
	var p credits.StatsParams
	var from, to, period, zone string
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Sum up credits granted, consumed and expired",
		Long: `stats sums the ledger's entries over a time, in all and by type: what was granted,
consumed, refunded and taken back, how many accounts were active, what expired. It
covers the last 90 days unless --from and --to say otherwise; --from is included,
--to is not. Both are dates (2026-01-31) or times (2026-01-31T15:04:05Z).`,
		Example: `  chameleon stats
  chameleon stats --from 2026-01-01 --to 2026-02-01 --period day --zone Europe/Berlin
  chameleon stats --user 0190c7a2-7f6a-7c3e-9f2b-1d2e3f405162 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if p.Location, err = time.LoadLocation(zone); err != nil {
				return usagef("--zone: %q is not a time zone, such as UTC or Europe/Berlin", zone)
			}
			if p.From, err = moment("--from", from, p.Location); err != nil {
				return err
			}
			if p.To, err = moment("--to", to, p.Location); err != nil {
				return err
			}
			p.Period = credits.StatsPeriod(period)
			return a.with(cmd.Context(), func(db *bun.DB) error {
				result, err := credits.Stats(cmd.Context(), db, p)
				if err != nil {
					return err
				}
				return a.print(result, func(w io.Writer) { statsTable(w, result) })
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "the first `day` or moment")
	flags.StringVar(&to, "to", "", "the `day` or moment after the last (default: now)")
	flags.StringVar(&period, "period", "", "also a series by `day`, week or month")
	flags.StringVar(&zone, "zone", "UTC", "the time `zone` whose days count")
	flags.StringVar(&p.UserUUID, "user", "", "the `UUID` of one account (default: all)")
	_ = cmd.RegisterFlagCompletionFunc("period", // the flag is there
		cobra.FixedCompletions([]string{"day", "week", "month"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// moment reads a date or a time; empty is none.
func moment(flag, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, usagef("%s: %q is neither a date (2026-01-31) nor a time (2026-01-31T15:04:05Z)", flag, text)
	}
	return t, nil
}

func statsTable(w io.Writer, r *credits.StatsResult) {
	rows := [][]any{{"", "granted", "consumed", "refunded", "taken back", "net", "expired", "active"}}
	for _, t := range r.ByType {
		rows = append(rows, []any{t.Type, t.Granted, t.Consumed, t.Refunded, t.TakenBack, t.Net, "", ""})
	}
	for _, b := range r.Series {
		rows = append(rows, statsRow(b.From.Format(time.DateOnly), b))
	}
	table(w, append(rows, statsRow("all", r.StatsBucket))...)
}

func statsRow(name string, b credits.StatsBucket) []any {
	return []any{name, b.Granted, b.Consumed, b.Refunded, b.TakenBack, b.Net, b.Expired, b.ActiveUsers}
}
