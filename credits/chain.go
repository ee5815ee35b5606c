package credits

import (
	"strconv"

	"github.com/chameleon-go/chameleon/credits/internal/chain"
)

// ChainHash computes the entry's hash in its account's hash chain: what Hash must
// be if previous is the Hash of the preceding entry, "" for the first. Use it to
// check that an entry kept elsewhere is as the ledger wrote it. Package audit
// checks whole accounts.
func (e *Entry) ChainHash(previous string) string {
	return chain.Hash(previous, []int64{
		e.Seq, e.OpSeq, e.Lot, e.Credits, e.Held, e.Balance, e.Available, e.AtUs, e.ExpiresUs,
	}, e.digest())
}

// digest covers the entry's texts.
func (e *Entry) digest() string {
	return chain.Digest(
		e.UserUUID, e.TransType, string(e.OpKind), e.OpKey, e.OpHash, e.OpData,
		strconv.FormatInt(e.TargetSeq, 10), e.OrderNo, e.GenID, chain.MetadataDigest(e.MetadataSalt, e.Metadata),
	)
}
