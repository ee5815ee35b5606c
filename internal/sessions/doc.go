// Package sessions lists the settings under which a session gives statements another
// meaning or loses values without an error. Verbs refuse such sessions on handles that
// chameleon did not open, and the doctor reports them.
package sessions

// Fault is a setting that a session must not have.
type Fault struct {
	// Code is what the doctor calls it.
	Code string
	// Setting is its name on the server.
	Setting string
	// Problem continues the name: "is off in the session; it has to be on".
	Problem string
	// Effect is what goes wrong under it.
	Effect string
}

func fault(code, setting, is, want, effect string) Fault {
	return Fault{Code: code, Setting: setting, Problem: "is " + is + " in the session; it has to be " + want, Effect: effect}
}
