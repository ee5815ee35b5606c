// Package surface reads what the module exports, with its types and comments, and
// holds the rules that its public names follow: struct tags, error documentation,
// names, and no internal type where readers would have to know it.
//
// Its test applies the rules to every public package of the workspace. Each rule
// has a test of its own on a snippet that breaks it.
package surface
