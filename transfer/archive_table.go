package transfer

import (
	"encoding/binary"
	"slices"
)

// table reads a table, from its first frame to its last.
func (a *archiveReader) table(payload []byte) error {
	var f tableFrame
	if err := strict(payload, &f); err != nil {
		return err
	}
	t, err := f.read()
	if err != nil {
		return err
	}
	twice := func(o ArchiveTable) bool { return o.Table == t.name }
	if len(a.info.Tables) == maxTables || slices.ContainsFunc(a.info.Tables, twice) {
		return malformed("the table %q is one too many", t.name)
	}
	if a.visitor != nil {
		if err := a.visitor.table(t.name, t.columns); err != nil {
			return visited(err)
		}
	}
	var d digest
	end, err := a.rows(t, &d)
	if err != nil {
		return err
	}
	if end.Rows != d.rows || end.Checksum != d.String() {
		return malformed("the table %q does not have the checksum that it says", t.name)
	}
	a.info.Tables = append(a.info.Tables, ArchiveTable{
		Table: t.name, Columns: f.Columns, Rows: d.rows, Checksum: end.Checksum,
	})
	a.info.Rows += d.rows
	if a.visitor != nil {
		return visited(a.visitor.end(&d))
	}
	return nil
}

func (f *tableFrame) read() (*table, error) {
	t := &table{name: f.Table}
	if f.Table == "" || len(f.Columns) == 0 || len(f.Columns) > maxColumns {
		return nil, malformed("the table %q has %d columns", f.Table, len(f.Columns))
	}
	for _, c := range f.Columns {
		k, ok := kindOf(c.Kind)
		if !ok || c.Name == "" || t.has(c.Name) {
			return nil, malformed("the column %q of the table %q is not understood", c.Name, f.Table)
		}
		t.columns = append(t.columns, column{name: c.Name, kind: k})
	}
	return t, nil
}

// rows reads a table's rows and the frame that ends it.
func (a *archiveReader) rows(t *table, d *digest) (end endFrame, err error) {
	for {
		kind, payload, err := a.frame()
		if err != nil {
			return end, err
		}
		switch kind {
		case frameEnd:
			return end, strict(payload, &end)
		case frameRows:
		default:
			return end, malformed("a frame %q is out of place", kind)
		}
		rows, err := t.decode(payload)
		if err != nil {
			return end, err
		}
		for _, row := range rows {
			d.add(t, row)
		}
		if a.visitor != nil {
			if err := a.visitor.rows(rows); err != nil {
				return end, visited(err)
			}
		}
	}
}

// decode reads the rows of a frame. Their number is limited, so that a frame of NULLs
// cannot fill the memory.
func (t *table) decode(b []byte) ([][]value, error) {
	count, n := binary.Uvarint(b)
	if n <= 0 || count == 0 || count > batchRows {
		return nil, malformed("a frame of the table %q has no number of rows from 1 to %d", t.name, batchRows)
	}
	b = b[n:]
	rows := make([][]value, count)
	for r := range rows {
		rows[r] = make([]value, len(t.columns))
		for i, c := range t.columns {
			var err error
			if rows[r][i], b, err = takeValue(b, c.kind); err != nil {
				return nil, malformed("a row of the table %q is malformed", t.name)
			}
		}
	}
	if len(b) > 0 {
		return nil, malformed("a frame of the table %q holds more than its rows", t.name)
	}
	return rows, nil
}
