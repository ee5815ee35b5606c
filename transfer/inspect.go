package transfer

import "io"

// InspectArchive reads a whole archive and describes its contents. It needs no
// database, and its memory use does not grow with the archive.
//
// Errors: an *ArchiveError unless it is a complete, unaltered archive of at most 1
// TiB in a format that this version reads.
func InspectArchive(r io.Reader) (*ArchiveInfo, error) {
	return readArchive(r, 0, nil)
}
