package generations

import (
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// ArchivedGeneration is a row of generations_archive: a generation that package archive
// moved there, with all of its columns. Every read of generations reads both tables.
type ArchivedGeneration struct {
	bun.BaseModel `bun:"table:generations_archive,alias:g"`
	Generation
}

// ArchiveOf implements dialect.Archive.
func (*ArchivedGeneration) ArchiveOf() string { return "generations" }

// Marks implements dialect.Marked.
func (*ArchivedGeneration) Marks() []string { return (*Generation)(nil).Marks() }

// Indexes implements dialect.Indexed: those of generations, but for the one that
// [FailStuck] reads by.
func (*ArchivedGeneration) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "generations_archive_gen_id_unique", Columns: []string{"gen_id"}, Unique: true},
		{
			Name: "generations_archive_user_uuid_created_at_idx", Columns: []string{"user_uuid", "created_at", "id"},
			Times: []string{"created_at"},
		},
		{Name: "generations_archive_user_uuid_request_key_unique", Columns: []string{"user_uuid", "request_key"}, Unique: true},
		{
			Name: "generations_archive_counted_created_at_idx", Columns: []string{"counted", "created_at", "id", "status", "provider"},
			Times: []string{"created_at"},
		},
	}
}

// ShardKey implements dialect.Sharded.
func (*ArchivedGeneration) ShardKey() string { return "user_uuid" }
