package charger

import "sync"

// lane posts the charges of its accounts, a group after the other. It has a
// goroutine while there are any.
type lane struct {
	charger *Charger

	mu      sync.Mutex
	busy    bool
	waiting []*call
	// aside are the accounts whose charges go apart from the lane's groups, each
	// with a goroutine, and those of its charges that wait for it.
	aside map[string][]*call
}

// add has the lane post the call.
func (l *lane) add(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, c)
	if !l.busy {
		l.busy = true
		go l.run()
	}
}

// run posts groups until nothing waits.
func (l *lane) run() {
	for {
		group, more := l.next()
		if len(group) > 0 {
			l.post(group)
		} else if !more {
			return
		}
	}
}

// next takes the calls of the next group, and reports whether others are left. What
// belongs to an account that is aside goes there.
func (l *lane) next() (group []*call, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := 0
	for _, c := range l.waiting {
		if len(group) == l.charger.maxGroup {
			break
		}
		taken++
		if _, ok := l.aside[c.user]; ok {
			l.aside[c.user] = append(l.aside[c.user], c)
		} else if l.take(c) {
			group = append(group, c)
		}
	}
	l.waiting = l.waiting[taken:]
	if len(l.waiting) == 0 {
		l.waiting = nil
	}
	l.busy = len(group) > 0 || l.waiting != nil
	return group, l.busy
}

// take marks a call as sent. One that was given up leaves.
func (l *lane) take(c *call) bool {
	if c.send() {
		return true
	}
	l.charger.leave()
	return false
}

// setAside has the calls' accounts go on apart, each with a goroutine of its own.
func (l *lane) setAside(calls []*call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range calls {
		if _, ok := l.aside[c.user]; !ok {
			go l.runAside(c.user)
		}
		l.aside[c.user] = append(l.aside[c.user], c)
	}
}

// runAside posts what there is of an account, until there is no more.
func (l *lane) runAside(user string) {
	for {
		group := l.nextAside(user)
		if group == nil {
			return
		}
		if len(group) > 0 {
			l.postAside(group)
		}
	}
}

// nextAside takes an account's next group, nil when it has none and is in the lane
// again.
func (l *lane) nextAside(user string) []*call {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.aside[user]) == 0 {
		delete(l.aside, user)
		return nil
	}
	n := min(len(l.aside[user]), l.charger.maxGroup)
	group := make([]*call, 0, n)
	for _, c := range l.aside[user][:n] {
		if l.take(c) {
			group = append(group, c)
		}
	}
	l.aside[user] = l.aside[user][n:]
	return group
}
