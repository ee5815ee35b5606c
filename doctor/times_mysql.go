package doctor

import "context"

// times finds times of the type timestamp on MySQL and MariaDB, which ends in 2038: the
// original application's. A push makes datetime(6).
func (e *exam) times(ctx context.Context) error {
	if !e.caps.IsMySQL() {
		return nil
	}
	names := e.wanted()
	if len(names) == 0 {
		return skipped("no models")
	}
	columns, err := e.columns(ctx, "SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM information_schema.COLUMNS "+
		"WHERE TABLE_SCHEMA = DATABASE() AND DATA_TYPE = 'timestamp' AND TABLE_NAME IN (?) ORDER BY 1, 2", names)
	if err != nil {
		return err
	}
	var ending []string
	for _, c := range columns {
		if e.field(c.Table, c.Column) != nil {
			ending = append(ending, c.Table+"."+c.Column)
		}
	}
	if len(ending) > 0 {
		e.findf("times_end", Info, "once the original application has gone, in a session whose time_zone is '+00:00': "+
			"ALTER TABLE … MODIFY … datetime(6) NULL, which copies the table",
			"columns of the type timestamp hold whole seconds, and no time after 2038-01-19: %s; later ones are refused", some(ending))
	}
	return nil
}
