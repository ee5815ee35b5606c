// Command bench races the library against what a team would write by hand, on the
// engines that the environment names, side by side in one run:
//
//	make race-bench                       every engine, every contest
//	make race-bench RACE_FLAGS='-engines=postgresql -contests=ChargeGeneration -conns=1,16'
//
// See README.md for what the contestants do and how to read the table.
package main
