package transfer

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"io"
)

// archiveWriter writes an archive.
type archiveWriter struct {
	out   io.Writer
	gz    *gzip.Writer
	sum   hash.Hash
	bytes int64 // of the file
	buf   []byte
	rows  []byte
	held  int // rows in rows
}

func newArchiveWriter(w io.Writer) (*archiveWriter, error) {
	a := &archiveWriter{out: w, sum: sha256.New()}
	a.gz = gzip.NewWriter(writerFunc(a.write))
	_, err := a.gz.Write(binary.BigEndian.AppendUint16([]byte(archiveMagic), ArchiveFormat))
	return a, err
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (a *archiveWriter) write(p []byte) (int, error) {
	n, err := a.out.Write(p)
	a.sum.Write(p[:n])
	a.bytes += int64(n)
	return n, err
}

func (a *archiveWriter) frame(kind byte, payload []byte) error {
	a.buf = binary.AppendUvarint(append(a.buf[:0], kind), uint64(len(payload)))
	if _, err := a.gz.Write(a.buf); err != nil {
		return err
	}
	_, err := a.gz.Write(payload)
	return err
}

func (a *archiveWriter) json(kind byte, v any) error {
	payload, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return a.frame(kind, payload)
}

// table begins a table.
func (a *archiveWriter) table(t *table) error {
	columns := make([]ArchiveColumn, len(t.columns))
	for i, c := range t.columns {
		columns[i] = ArchiveColumn{Name: c.name, Kind: c.kind.String()}
	}
	return a.json(frameTable, tableFrame{Table: t.name, Columns: columns})
}

// row buffers a row, and writes a frame when it is full.
func (a *archiveWriter) row(t *table, row []value) error {
	for i, c := range t.columns {
		a.rows = appendValue(a.rows, c.kind, row[i])
	}
	if a.held++; a.held < batchRows && len(a.rows) < batchBytes {
		return nil
	}
	return a.flush()
}

func (a *archiveWriter) flush() error {
	if a.held == 0 {
		return nil
	}
	payload := append(binary.AppendUvarint(nil, uint64(a.held)), a.rows...) //nolint:gosec // a count
	a.rows, a.held = a.rows[:0], 0
	return a.frame(frameRows, payload)
}

// end ends a table.
func (a *archiveWriter) end(d *digest) error {
	if err := a.flush(); err != nil {
		return err
	}
	return a.json(frameEnd, endFrame{Rows: d.rows, Checksum: d.String()})
}

// close ends the archive.
func (a *archiveWriter) close(tables int, rows int64) error {
	if err := a.json(frameTrailer, trailerFrame{Tables: tables, Rows: rows}); err != nil {
		return err
	}
	if err := a.gz.Close(); err != nil {
		return err
	}
	_, err := a.write(checksumMember(a.sum.Sum(nil)))
	return err
}
