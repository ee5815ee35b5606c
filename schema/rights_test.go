package schema

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// SHOW GRANTS is read as servers print it.
func TestGrantsAreRead(t *testing.T) {
	read := func(lines ...string) (all grants) {
		for _, line := range lines {
			if g, ok := parseGrant(line); ok {
				all = append(all, g)
			}
		}
		return all
	}
	for name, c := range map[string]struct {
		lines []string
		right string
		table string
		want  bool
	}{
		"everything":          {[]string{"GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION"}, "CREATE", "", true},
		"MariaDB's password":  {[]string{"GRANT ALL PRIVILEGES ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*00'"}, "DROP", "t", true},
		"nothing":             {[]string{"GRANT USAGE ON *.* TO `u`@`%`"}, "CREATE", "", false},
		"the database":        {[]string{"GRANT SELECT, CREATE, LOCK TABLES ON `my_shop`.* TO 'u'@'%'"}, "LOCK TABLES", "", true},
		"another database":    {[]string{"GRANT CREATE ON `your_shop`.* TO 'u'@'%'"}, "CREATE", "", false},
		"a pattern":           {[]string{"GRANT CREATE ON `my\\_%`.* TO 'u'@'%'"}, "CREATE", "", true},
		"another pattern":     {[]string{"GRANT CREATE ON `my\\_s_p`.* TO 'u'@'%'"}, "CREATE", "", false},
		"a table":             {[]string{"GRANT ALTER ON `my_shop`.`t` TO 'u'@'%'"}, "ALTER", "t", true},
		"another table":       {[]string{"GRANT ALTER ON `my_shop`.`other` TO 'u'@'%'"}, "ALTER", "t", false},
		"a table is not all":  {[]string{"GRANT CREATE ON `my_shop`.`t` TO 'u'@'%'"}, "CREATE", "", false},
		"columns are not all": {[]string{"GRANT SELECT (`a`, `b`), INSERT ON `my_shop`.`t` TO 'u'@'%'"}, "SELECT", "t", false},
		"beside columns":      {[]string{"GRANT SELECT (`a`, `b`), INSERT ON `my_shop`.`t` TO 'u'@'%'"}, "INSERT", "t", true},
		"ANSI quotes":         {[]string{`GRANT CREATE ON "my_shop".* TO "u"@"%"`}, "CREATE", "", true},
		"a role, a routine":   {[]string{"GRANT `app`@`%` TO `u`@`%`", "GRANT EXECUTE ON PROCEDURE `my_shop`.`p` TO `u`@`%`"}, "CREATE", "", false},
		"taken back":          {[]string{"GRANT CREATE ON *.* TO `u`@`%`", "REVOKE CREATE ON `my_shop`.* FROM `u`@`%`"}, "CREATE", "", false},
		"taken back elsewhere": {
			[]string{"GRANT CREATE ON *.* TO `u`@`%`", "REVOKE CREATE ON `other`.* FROM `u`@`%`"}, "CREATE", "", true,
		},
	} {
		require.Equal(t, c.want, read(c.lines...).allow(c.right, "my_shop", c.table), name)
	}
}
