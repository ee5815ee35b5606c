package shardtest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func layout(mysql bool) Layout {
	return Layout{Tables: []string{"credits", "credits_trans", "credits_lots", "generations"}, MySQL: mysql, OneAccount: true}
}

func TestInspectTakes(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{
		`SELECT 1`,
		`SELECT uuid FROM users WHERE email IN ('a', 'b')`,
		`SELECT "a"."id" FROM "credits" AS "a" WHERE (user_uuid = 'u') FOR UPDATE`,
		`SELECT a.seq FROM credits AS a LEFT JOIN credits_trans AS t ON t.user_uuid = 'u' AND t.seq = a.seq WHERE a.user_uuid = 'u'`,
		"SELECT `g`.`id` FROM `generations` AS `g` WHERE (gen_id = 'from credits') AND (user_uuid = 'u')",
		`SELECT t.id FROM credits_trans AS t WHERE t.user_uuid IN ('u', 'v')`,
		`SELECT id FROM credits WHERE name = 'a\' AND user_uuid = 'u\'`,
		`INSERT INTO "credits" ("user_uuid", "seq") VALUES ('u', 1) ON CONFLICT (user_uuid) DO NOTHING`,
		`INSERT INTO credits_lots (lot, user_uuid) VALUES (1, 'u') ON DUPLICATE KEY UPDATE free = VALUES(free)`,
		`UPDATE credits SET seq = CASE user_uuid WHEN 'u' THEN 1 WHEN 'v' THEN 2 END WHERE user_uuid IN ('u', 'v')`,
		`SELECT EXTRACT(EPOCH FROM created_at) FROM credits_trans WHERE user_uuid = 'u'`,
		`SELECT x FROM (SELECT seq AS x FROM credits_trans WHERE user_uuid = ? UNION ALL SELECT 1) AS s`,
		`WITH c AS (UPDATE credits AS a SET seq = 1 WHERE a.user_uuid = $1::text RETURNING a.seq) SELECT seq FROM c`,
		`WITH c AS (SELECT 1) INSERT INTO credits_trans (user_uuid, seq) SELECT $1::text, 1 FROM c`,
		`INSERT INTO credits_trans (user_uuid, seq) SELECT user_uuid, seq FROM credits WHERE user_uuid = ? AND seq = 1`,
		`INSERT INTO credits_trans (user_uuid, seq) OVERRIDING SYSTEM VALUE SELECT user_uuid, seq FROM credits WHERE user_uuid = ?`,
		`SET @row = NULL;SELECT id INTO @row FROM credits WHERE user_uuid = ?;COMMIT`,
	} {
		assert.Empty(t, layout(false).Inspect(statement).Problems, statement)
	}
}

func TestInspectFinds(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		`SELECT id FROM credits WHERE id = 1`:                                                                                           "does not bind",
		`SELECT id FROM credits WHERE name = 'user_uuid = 1'`:                                                                           "does not bind",
		`SELECT a.id FROM credits AS a JOIN credits_trans AS t ON t.user_uuid = a.user_uuid WHERE a.user_uuid='u'`:                      "credits_trans AS t",
		`SELECT 1 FROM credits WHERE user_uuid = 'u' AND EXISTS (SELECT 1 FROM credits_lots WHERE lot = 1)`:                             "credits_lots",
		`SELECT 1 FROM credits WHERE user_uuid = 'u' UNION ALL SELECT 1 FROM credits_lots WHERE lot = 1`:                                "credits_lots",
		`DELETE FROM generations WHERE gen_id = 'g'`:                                                                                    "generations",
		`INSERT INTO credits_trans (user_uuid) SELECT user_uuid FROM credits WHERE seq = 1`:                                             "credits_trans does not bind",
		`INSERT INTO credits_trans (user_uuid) SELECT name FROM credits WHERE user_uuid = 'u'`:                                          "credits_trans does not bind",
		`UPDATE credits SET seq = 1 WHERE user_uuid = ?;DELETE FROM credits_lots WHERE lot = ?;COMMIT`:                                  "credits_lots does not bind",
		`INSERT INTO credits_trans (seq) SELECT seq FROM credits WHERE seq = 1`:                                                         "credits does not bind",
		`UPDATE generations SET user_uuid = 'v' WHERE user_uuid = 'u'`:                                                                  "user_uuid is changed",
		`SELECT id FROM credits WHERE user_uuid IN ('u', 'v') FOR UPDATE`:                                                               "several accounts",
		`(SELECT id FROM credits WHERE user_uuid = 'u' FOR UPDATE) UNION ALL (SELECT id FROM credits WHERE user_uuid = 'v' FOR UPDATE)`: "several accounts",
		`UPDATE credits SET head_hash = concat_ws('|', seq) WHERE user_uuid = 'u'`:                                                      "concat_ws",
		`UPDATE credits SET updated_at = now() WHERE user_uuid = 'u'`:                                                                   "now()",
	} {
		assert.Contains(t, strings.Join(layout(false).Inspect(statement).Problems, "; "), want, statement)
	}
	for statement, want := range map[string]string{
		`SELECT seq AS next FROM credits WHERE user_uuid = 'u'`:                                      "keyword of Vitess",
		`SELECT seq FROM credits WHERE user_uuid = 'u' FOR UPDATE SKIP LOCKED`:                       "SKIP LOCKED",
		`INSERT INTO credits (user_uuid) VALUES ('u') ON DUPLICATE KEY UPDATE user_uuid = user_uuid`: "Vitess refuses",
		`SELECT seq FROM credits WHERE user_uuid = 'u' FOR SHARE`:                                    "FOR SHARE",
		`REPLACE INTO credits (user_uuid) VALUES ('u')`:                                              "REPLACE",
		`INSERT INTO credits (user_uuid) VALUES ('u') AS new ON DUPLICATE KEY UPDATE seq = new.seq`:  "AS new",
		`WITH c AS (SELECT 1) UPDATE credits SET seq = 1 WHERE user_uuid = 'u'`:                      "WITH before UPDATE",
		`WITH c AS (SELECT 1) DELETE FROM credits_lots WHERE user_uuid = 'u'`:                        "WITH before DELETE",
		`CALL charge('u');SELECT seq FROM credits WHERE user_uuid = 'u'`:                             "procedures",
		`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;SELECT seq FROM credits WHERE user_uuid = 'u'`: "SERIALIZABLE",
	} {
		assert.Contains(t, strings.Join(layout(true).Inspect(statement).Problems, "; "), want, statement)
	}
}

func TestInspectNamesUsers(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string][]string{
		`SELECT 1 FROM credits WHERE user_uuid IN ('v', 'u')`:                                              {"u", "v"},
		`INSERT INTO credits (seq, user_uuid, left_credits) VALUES (1, 'u', 5), ((SELECT 2), 'it''s', -5)`: {"it's", "u"},
		`UPDATE credits SET seq = 1 WHERE (user_uuid = 'u' AND id = 1) OR (user_uuid = 'v' AND id = 2)`:    {"u", "v"},
	} {
		assert.Equal(t, want, layout(false).Inspect(statement).Users, statement)
	}
}
