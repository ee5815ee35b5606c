package users

// An adopted column may have any character set, and a collation that takes é
// for e.
const lowerCaseMySQL = "LOWER(CONVERT(?TableAlias.? USING utf8mb4) COLLATE utf8mb4_bin)"
