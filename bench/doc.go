// Command bench compares the library with what a team would write by hand, side by side
// in one run, on the engines that the environment names:
//
//	make race-bench                       every engine, every contest
//	make race-bench RACE_FLAGS='-engines=postgresql -contests=ChargeGeneration -conns=1,16'
//
// README.md describes what the contestants do and how to read the table.
package main
