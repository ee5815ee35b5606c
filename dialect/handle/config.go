package handle

import "errors"

// ErrConfig says that a parsed configuration was to be marshalled.
var ErrConfig = errors.New("a database's configuration is not marshalled: it may hold a password")
