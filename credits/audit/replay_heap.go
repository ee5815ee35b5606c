package audit

import (
	"container/heap"

	"github.com/chameleon-go/chameleon/credits/internal/column"
)

// expiryHeap yields the lots that have not expired, soonest first.
type expiryHeap []*replayLot

func (h *expiryHeap) push(l *replayLot) {
	if l.ExpiresUs != column.Never {
		heap.Push(h, l)
	}
}

func (h *expiryHeap) pop() *replayLot {
	l, _ := heap.Pop(h).(*replayLot)
	return l
}

// Len implements heap.Interface.
func (h *expiryHeap) Len() int { return len(*h) }

// Less implements heap.Interface.
func (h *expiryHeap) Less(i, j int) bool { return (*h)[i].ExpiresUs < (*h)[j].ExpiresUs }

// Swap implements heap.Interface.
func (h *expiryHeap) Swap(i, j int) { (*h)[i], (*h)[j] = (*h)[j], (*h)[i] }

// Push implements heap.Interface.
func (h *expiryHeap) Push(x any) {
	l, _ := x.(*replayLot)
	*h = append(*h, l)
}

// Pop implements heap.Interface.
func (h *expiryHeap) Pop() any {
	old := *h
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return l
}
