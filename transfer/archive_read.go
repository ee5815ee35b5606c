package transfer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"io"
)

// visitor receives the contents of an archive, in order.
type visitor interface {
	table(name string, columns []column) error
	rows(rows [][]value) error
	end(d *digest) error
}

// tap hashes what is read of the first member, and never reads beyond it.
type tap struct {
	r    *bufio.Reader
	sum  hash.Hash
	held []byte // read but not hashed yet
}

func (t *tap) ReadByte() (byte, error) {
	b, err := t.r.ReadByte()
	if err != nil {
		return b, err
	}
	if t.held = append(t.held, b); len(t.held) == cap(t.held) {
		t.flush()
	}
	return b, nil
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.flush()
	t.sum.Write(p[:n])
	return n, err
}

func (t *tap) flush() {
	t.sum.Write(t.held)
	t.held = t.held[:0]
}

// archiveReader reads an archive from its beginning to its end.
type archiveReader struct {
	tap     *tap
	plain   *bufio.Reader // the contents
	left    int64         // how many more bytes of them are allowed
	limit   int64
	info    ArchiveInfo
	visitor visitor
}

// tapSize is how many bytes are hashed at once.
const tapSize = 4096

// readArchive reads a whole archive and passes its contents to v, which may be nil. Only
// when it returns without an error is the archive known to be complete and unaltered.
// limit is the maximum size of the contents, 0 for the default.
func readArchive(r io.Reader, limit int64, v visitor) (*ArchiveInfo, error) {
	if limit == 0 {
		limit = defaultMaxBytes
	}
	a := &archiveReader{
		tap:  &tap{r: bufio.NewReaderSize(r, 1<<16), sum: sha256.New(), held: make([]byte, 0, tapSize)},
		left: limit, limit: limit, visitor: v,
	}
	if err := a.read(); err != nil {
		return nil, a.explain(err)
	}
	a.info.Bytes = limit - a.left
	return &a.info, nil
}

// explain turns errors of decompression and of the file into errors of the archive.
func (a *archiveReader) explain(err error) error {
	if stopped, ok := errors.AsType[*visitError](err); ok {
		return stopped.err
	}
	var problem *ArchiveError
	switch {
	case errors.As(err, &problem):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &ArchiveError{Problem: "it is cut off", Err: io.ErrUnexpectedEOF}
	}
	return &ArchiveError{Problem: "it cannot be read", Err: err}
}

// visitError is the visitor's own error, which says nothing about the archive.
type visitError struct{ err error }

func (e *visitError) Error() string { return e.err.Error() }

func visited(err error) error {
	if err == nil {
		return nil
	}
	return &visitError{err: err}
}

func (a *archiveReader) read() error {
	head, err := a.tap.r.Peek(len(gzipHeader))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(head) == 0 || string(head) != gzipHeader[:len(head)] {
		return malformed("it is not one of Chameleon's")
	}
	gz, err := gzip.NewReader(a.tap)
	if err != nil {
		return err
	}
	gz.Multistream(false)
	a.plain = bufio.NewReader(&counted{r: gz, a: a})
	if err := a.contents(); err != nil {
		return err
	}
	if _, err := a.plain.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return err
		}
		return malformed("something follows its contents")
	}
	return a.checksum()
}

// counted limits the bytes of the contents.
type counted struct {
	r io.Reader
	a *archiveReader
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.a.left -= int64(n); c.a.left < 0 {
		return 0, malformed("it holds more than %d bytes, which MaxBytes allows", c.a.limit)
	}
	return n, err
}

// checksum reads the second member, after which the file must end.
func (a *archiveReader) checksum() error {
	a.tap.flush()
	want := checksumMember(a.tap.sum.Sum(nil))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(a.tap.r, got); err != nil {
		return err
	}
	if !bytes.Equal(want, got) {
		return malformed("its checksum is not that of its bytes: it was changed")
	}
	if _, err := a.tap.r.ReadByte(); err == nil {
		return malformed("something follows its end")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// contents reads the frames.
func (a *archiveReader) contents() error {
	head := make([]byte, len(archiveMagic)+2)
	if _, err := io.ReadFull(a.plain, head); err != nil {
		return err
	}
	if string(head[:len(archiveMagic)]) != archiveMagic {
		return malformed("it is not one of Chameleon's")
	}
	a.info.Format = int(binary.BigEndian.Uint16(head[len(archiveMagic):]))
	if a.info.Format < 1 || a.info.Format > ArchiveFormat {
		return &ArchiveError{Problem: "this version reads formats up to 1", Err: ErrNewerArchive}
	}
	var h headerFrame
	if err := a.json(frameHeader, &h); err != nil {
		return err
	}
	a.info.CreatedAt, a.info.Engine = h.CreatedAt, h.Engine
	for {
		kind, payload, err := a.frame()
		if err != nil {
			return err
		}
		switch kind {
		case frameTable:
			err = a.table(payload)
		case frameTrailer:
			return a.trailer(payload)
		default:
			err = malformed("a frame %q is out of place", kind)
		}
		if err != nil {
			return err
		}
	}
}

func (a *archiveReader) trailer(payload []byte) error {
	var z trailerFrame
	if err := strict(payload, &z); err != nil {
		return err
	}
	if z.Tables != len(a.info.Tables) || z.Rows != a.info.Rows {
		return malformed("it holds %d tables and %d rows, and says %d and %d",
			len(a.info.Tables), a.info.Rows, z.Tables, z.Rows)
	}
	return nil
}

// frame reads the next frame.
func (a *archiveReader) frame() (kind byte, payload []byte, err error) {
	if kind, err = a.plain.ReadByte(); err != nil {
		return 0, nil, err
	}
	size, err := binary.ReadUvarint(a.plain)
	if err != nil {
		return 0, nil, err
	}
	if size > maxFrame {
		return 0, nil, malformed("a frame of %d bytes is longer than %d", size, maxFrame)
	}
	// The buffer grows with what arrives, not with what is claimed.
	var b bytes.Buffer
	if n, err := io.CopyN(&b, a.plain, int64(size)); err != nil {
		if errors.Is(err, io.EOF) && n < int64(size) {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	return kind, b.Bytes(), nil
}

// json reads a frame, which must be of the given kind.
func (a *archiveReader) json(want byte, v any) error {
	kind, payload, err := a.frame()
	if err != nil {
		return err
	}
	if kind != want {
		return malformed("a frame %q stands where %q should", kind, want)
	}
	return strict(payload, v)
}

// strict reads JSON that has no other fields than v.
func strict(payload []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return malformed("a frame's JSON is not understood")
	}
	if d.More() {
		return malformed("a frame holds more than its JSON")
	}
	return nil
}
