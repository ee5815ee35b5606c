package users

// CreateWithCodes is Create with a source of invite codes of the test's own.
var CreateWithCodes = create
