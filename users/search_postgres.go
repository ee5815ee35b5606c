package users

// A locale may have ideas of its own: in Turkish the lower-case I is ı.
const lowerCasePostgres = `LOWER(?TableAlias.? COLLATE "C")`
