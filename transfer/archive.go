package transfer

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// docs/archive-format.md describes the format. A file is two gzip members: the first has
// the contents, and the second, which is not compressed, the SHA-256 of the first as it is
// in the file. So every bit of the file is covered.

// ArchiveFormat is the version of the format that this module writes. It reads this
// and all earlier versions.
const ArchiveFormat = 1

// archiveMagic is the beginning of the contents; the version follows in two bytes.
const archiveMagic = "chameleon archive\n"

// The frames of the contents: a letter, a length, as many bytes.
const (
	frameHeader  = 'H'
	frameTable   = 'T'
	frameRows    = 'R'
	frameEnd     = 'E'
	frameTrailer = 'Z'
)

// The limits for reading. A frame that claims more is refused before memory is allocated
// for it.
const (
	maxRowBytes     = 64 << 20
	maxFrame        = maxRowBytes + 2*batchBytes
	maxTables       = 1000
	maxColumns      = 1000
	defaultMaxBytes = 1 << 40
	defaultMaxSpool = 1 << 36
)

// ArchiveInfo describes the contents of an archive.
type ArchiveInfo struct {
	// Format is the version of the format.
	Format int `json:"format"`
	// CreatedAt is when the backup began, and Engine the engine of the
	// database.
	CreatedAt time.Time `json:"created_at,omitzero"`
	Engine    string    `json:"engine"`
	// Tables are in the order of the file.
	Tables []ArchiveTable `json:"tables,omitempty"`
	// Rows is the number of rows in all tables, and Bytes their uncompressed
	// size.
	Rows  int64 `json:"rows"`
	Bytes int64 `json:"bytes"`
}

// ArchiveTable is one table in an archive.
type ArchiveTable struct {
	Table   string          `json:"table"`
	Columns []ArchiveColumn `json:"columns,omitempty"`
	Rows    int64           `json:"rows"`
	// Checksum is that of the rows; see the package's doc.
	Checksum string `json:"checksum"`
}

// ArchiveColumn is a column, whose kind is text, int, bool, time, float or json.
type ArchiveColumn struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// String describes the archive's contents, in several lines.
func (a *ArchiveInfo) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "archive of format %d, of %s, made %s: %d rows, %d bytes uncompressed\n",
		a.Format, shown.Line(a.Engine), a.CreatedAt.Format(time.RFC3339), a.Rows, a.Bytes)
	for _, t := range a.Tables {
		fmt.Fprintf(&b, "%s: %d rows, %s\n", shown.Line(t.Table), t.Rows, t.Checksum)
	}
	return b.String()
}

// ArchiveError says why an archive cannot be used. Nothing was written.
type ArchiveError struct {
	// Problem says what is wrong with it.
	Problem string
	// Err is the cause: io.ErrUnexpectedEOF for a truncated archive,
	// ErrNewerArchive, or an error of the reader. It may be nil.
	Err error
}

// Error says the problem.
func (e *ArchiveError) Error() string {
	text := "the archive cannot be used: " + e.Problem
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return shown.Line(text)
}

// Is makes errors.Is(err, ErrArchive) true.
func (e *ArchiveError) Is(target error) bool { return target == ErrArchive }

// Unwrap returns the cause.
func (e *ArchiveError) Unwrap() error { return e.Err }

func malformed(format string, args ...any) error {
	return &ArchiveError{Problem: fmt.Sprintf(format, args...)}
}

// gzipHeader is the beginning of both members: without a name or time, as Go writes it.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// checksumMagic comes before the checksum in the second member.
const checksumMagic = "chameleon checksum\n"

// checksumMember returns the second member for a first one with the SHA-256 sum. It has
// only one encoding: a single stored block.
func checksumMember(sum []byte) []byte {
	data := append([]byte(checksumMagic), sum...)
	size := uint16(len(data)) //nolint:gosec // 51
	b := append([]byte(gzipHeader), 1)
	b = binary.LittleEndian.AppendUint16(b, size)
	b = binary.LittleEndian.AppendUint16(b, ^size)
	b = append(b, data...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(data))
	return binary.LittleEndian.AppendUint32(b, uint32(size))
}

// The frames' JSON.
type (
	headerFrame struct {
		CreatedAt time.Time `json:"created_at"`
		Engine    string    `json:"engine"`
	}
	tableFrame struct {
		Table   string          `json:"table"`
		Columns []ArchiveColumn `json:"columns"`
	}
	endFrame struct {
		Rows     int64  `json:"rows"`
		Checksum string `json:"checksum"`
	}
	trailerFrame struct {
		Tables int   `json:"tables"`
		Rows   int64 `json:"rows"`
	}
)
