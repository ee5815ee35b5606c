package transfer

import (
	"context"
	"io"
	"os"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// source is an archive that can be read again.
type source struct {
	reader io.Reader
	rewind func() error
	close  func()
}

// checked reads an archive to its end and returns it for a second read, from a copy if it
// came through a pipe.
func checked(ctx context.Context, r io.Reader, p RestoreParams, m *meter) (*source, *ArchiveInfo, error) {
	if p.MaxBytes < 0 {
		return nil, nil, valid.Failf("MaxBytes", "%d is negative", p.MaxBytes)
	}
	if p.MaxSpool < 0 {
		return nil, nil, valid.Failf("MaxSpool", "%d is negative", p.MaxSpool)
	}
	s := seekable(r)
	if s == nil {
		var err error
		if s, err = spooled(r, p); err != nil {
			return nil, nil, err
		}
	}
	info, err := readArchive(&interruptible{ctx: ctx, r: s.reader}, p.MaxBytes, &checkMeter{meter: m})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		s.close()
		return nil, nil, err
	}
	if spool, ok := s.reader.(*spool); ok {
		s.reader = spool.file
	}
	return s, info, nil
}

// seekable returns r if it can be read again, and otherwise nil. A pipe is a file too, which
// only a call of Seek tells.
func seekable(r io.Reader) *source {
	seeker, ok := r.(io.ReadSeeker)
	if !ok {
		return nil
	}
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil
	}
	rewind := func() error {
		_, err := seeker.Seek(start, io.SeekStart)
		return err
	}
	return &source{reader: r, rewind: rewind, close: func() {}}
}

// spooled copies what is read from r to a file, which is removed at the end.
func spooled(r io.Reader, p RestoreParams) (*source, error) {
	file, err := os.CreateTemp(p.SpoolDir, "chameleon-restore-")
	if err != nil {
		return nil, err
	}
	limit := p.MaxSpool
	if limit == 0 {
		limit = defaultMaxSpool
	}
	rewind := func() error {
		_, err := file.Seek(0, io.SeekStart)
		return err
	}
	gone := func() {
		_ = file.Close()
		_ = os.Remove(file.Name())
	}
	return &source{reader: &spool{r: r, file: file, left: limit, limit: limit}, rewind: rewind, close: gone}, nil
}

// spool reads a pipe and writes it to a file.
type spool struct {
	r     io.Reader
	file  *os.File
	left  int64
	limit int64
}

func (s *spool) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if s.left -= int64(n); s.left < 0 {
		return 0, malformed("it is longer than %d bytes, which MaxSpool allows for a pipe", s.limit)
	}
	if _, wrote := s.file.Write(p[:n]); wrote != nil {
		return 0, wrote
	}
	return n, err
}

// interruptible is a reader that ends when its context does.
type interruptible struct {
	ctx context.Context //nolint:containedctx // of one call, as the reader is
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}

// checkMeter counts the rows of an archive while it is checked.
type checkMeter struct{ meter *meter }

func (*checkMeter) table(string, []column) error { return nil }

func (c *checkMeter) rows(rows [][]value) error {
	c.meter.step(int64(len(rows)))
	return nil
}

func (*checkMeter) end(*digest) error { return nil }
