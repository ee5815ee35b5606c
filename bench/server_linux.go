package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc.
const tick = 10 * time.Millisecond

// cpuOfHost is what the processes of a container with that name have computed, those
// that ended included.
func cpuOfHost(host string) (used time.Duration) {
	groups, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil {
		return 0
	}
	for _, group := range groups {
		text, err := os.ReadFile(group)
		if err != nil || !bytes.Contains(text, []byte(host)) {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(filepath.Dir(group), "stat"))
		if err != nil {
			continue
		}
		used += cpuOfStat(string(stat))
	}
	return used
}

// cpuOfStat reads a process's time and that of the children that it waited for. Its
// name, in brackets, may hold spaces.
func cpuOfStat(stat string) (used time.Duration) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const first, count = 11, 4 // utime, stime, cutime, cstime
	if len(fields) < first+count {
		return 0
	}
	for _, field := range fields[first : first+count] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0
		}
		used += time.Duration(ticks) * tick
	}
	return used
}
