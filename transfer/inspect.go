package transfer

import "io"

// InspectArchive reads a whole archive and says what is in it. It needs no
// database, and memory that does not grow with the archive.
//
// Errors: an *[ArchiveError] for what is not a whole, unchanged archive of a format
// that this version reads, or holds more than 1 TiB.
func InspectArchive(r io.Reader) (*ArchiveInfo, error) {
	return readArchive(r, 0, nil)
}
