// Package adopt takes over a database that the original application created and
// is still writing to. docs/adopting.md is the guide.
//
// Verbs take over an account when they first touch it. [Run] does so for all
// accounts, in small transactions, while both applications are running. It can be
// stopped at any moment and restarted: finished work is not repeated. With DryRun
// it writes nothing and reports what it would do.
package adopt
