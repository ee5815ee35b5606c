package handle

import "errors"

// ErrConfig is returned when a parsed configuration is marshaled.
var ErrConfig = errors.New("a database's configuration is not marshaled: it may hold a password")
