package credits

import (
	"strconv"

	"github.com/chameleon-go/chameleon/credits/internal/chain"
)

// ChainHash is the hash that the entry has in its account's hash chain: what Hash
// must be if previous is the Hash of the entry before, "" for the first. It tells
// whether an entry that was kept elsewhere is as the ledger wrote it. Package
// audit checks whole accounts.
func (e *Entry) ChainHash(previous string) string {
	return chain.Hash(previous, []int64{
		e.Seq, e.OpSeq, e.Lot, e.Credits, e.Held, e.Balance, e.Available, e.AtUs, e.ExpiresUs,
	}, e.digest())
}

// digest covers the entry's texts.
func (e *Entry) digest() string {
	return chain.Digest([]string{
		e.UserUUID, e.TransType, string(e.OpKind), e.OpKey, e.OpHash, e.OpData,
		strconv.FormatInt(e.TargetSeq, 10), e.OrderNo, e.GenID, chain.MetadataDigest(e.MetadataSalt, e.Metadata),
	})
}
