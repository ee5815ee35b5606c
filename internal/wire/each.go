package wire

// EachCut does something with the line cut at one exchange of it after the other, step
// by step: before the server hears of it, and after it has answered. It ends when a cut
// did not happen, because there were fewer exchanges.
func (p *Proxy) EachCut(step int, do func(c Cut)) {
	for at, more := 1, true; more; at += step {
		for _, after := range []bool{false, true} {
			cut := Cut{At: at, After: after}
			p.Arm(cut)
			do(cut)
			more = p.Disarm()
		}
	}
}
