package apikeys_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 123_456_000, time.UTC)

// create makes a key for a user at noon.
func create(t *testing.T, db bun.IDB, user string) *apikeys.CreateResult {
	t.Helper()
	made, err := apikeys.Create(t.Context(), db, apikeys.CreateParams{UserUUID: user, Name: "CI", At: noon})
	require.NoError(t, err)
	return made
}

// stored reads a row as it is.
func stored(t *testing.T, db bun.IDB, id int64) apikeys.Key {
	t.Helper()
	var k apikeys.Key
	require.NoError(t, db.NewSelect().Model(&k).Where("id = ?", id).Scan(t.Context()))
	for _, at := range []*time.Time{&k.CreatedAt, &k.LastUsedAt, &k.RevokedAt, &k.UpdatedAt} {
		*at = at.UTC()
	}
	return k
}

func TestCreate(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		made := create(t, env.DB, user)
		plain := made.Secret.Reveal()
		require.Regexp(t, `^chm_live_[0-9A-Za-z]{38}$`, plain)
		require.Equal(t, apikeys.Info{
			ID: made.Info.ID, Name: "CI", UserUUID: user, Status: apikeys.StatusActive, Prefix: plain[:len("chm_live_")+4],
			CreatedAt: noon, UpdatedAt: noon,
		}, made.Info)
		row := stored(t, env.DB, made.Info.ID)
		require.Regexp(t, `^sha256:[0-9a-f]{64}$`, string(row.Key))
		require.NotContains(t, string(row.Key), plain)
		got, err := apikeys.Get(ctx, env.DB, apikeys.GetParams{ID: made.Info.ID, UserUUID: user})
		require.NoError(t, err)
		require.Equal(t, &made.Info, got)

		other, err := apikeys.Create(ctx, env.DB, apikeys.CreateParams{
			UserUUID: user, Name: strings.Repeat("名", 255), Prefix: "chm_test_",
		})
		require.NoError(t, err)
		require.True(t, apikeys.WellFormed(other.Secret, "chm_test_"))
		require.False(t, apikeys.WellFormed(other.Secret, ""))
		require.NotEqual(t, made.Info.ID, other.Info.ID)

		good := apikeys.CreateParams{UserUUID: user, Name: "x"}
		for field, p := range map[string]func(*apikeys.CreateParams){
			"UserUUID": func(p *apikeys.CreateParams) { p.UserUUID = "x" },
			"Name":     func(p *apikeys.CreateParams) { p.Name = " " },
			"Prefix":   func(p *apikeys.CreateParams) { p.Prefix = "sk-live-" },
			"At":       func(p *apikeys.CreateParams) { p.At = noon.AddDate(9000, 0, 0) },
		} {
			bad := good
			p(&bad)
			_, err := apikeys.Create(ctx, env.DB, bad)
			var invalid *apikeys.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, field, invalid.Field)
		}
		for _, prefix := range []string{"_", "Chm_", "9a_", "a_", "chm", strings.Repeat("a", 24) + "_", "chm_é_", "sha256:_"} {
			good.Prefix = prefix
			_, err := apikeys.Create(ctx, env.DB, good)
			require.ErrorIs(t, err, apikeys.ErrInvalid, prefix)
		}
	})
}

func TestRename(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		made := create(t, env.DB, user)
		p := apikeys.RenameParams{ID: made.Info.ID, UserUUID: user, Name: "CI ", At: noon.Add(time.Hour)}
		for _, replayed := range []bool{false, true} {
			renamed, err := apikeys.Rename(ctx, env.DB, p)
			require.NoError(t, err)
			require.Equal(t, replayed, renamed.Replayed)
			require.Equal(t, "CI ", renamed.Key.Name)
			got, err := apikeys.Get(ctx, env.DB, apikeys.GetParams{ID: made.Info.ID})
			require.NoError(t, err)
			require.Equal(t, &renamed.Key, got)
			require.Equal(t, p.At, got.UpdatedAt)
		}
		p.UserUUID = uuid.NewString()
		_, err := apikeys.Rename(ctx, env.DB, p)
		require.ErrorIs(t, err, apikeys.ErrNotFound, "another user's")
		for _, bad := range []apikeys.RenameParams{
			{},
			{ID: -1, Name: "x"},
			{ID: made.Info.ID},
			{ID: made.Info.ID, Name: "x", UserUUID: "x"},
			{ID: made.Info.ID, Name: strings.Repeat("x", 256)},
		} {
			_, err := apikeys.Rename(ctx, env.DB, bad)
			require.ErrorIs(t, err, apikeys.ErrInvalid)
		}
	})
}

func TestGetRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		made := create(t, env.DB, uuid.NewString())
		for _, p := range []apikeys.GetParams{{ID: made.Info.ID + 1000}, {ID: made.Info.ID, UserUUID: uuid.NewString()}} {
			_, err := apikeys.Get(ctx, env.DB, p)
			require.ErrorIs(t, err, apikeys.ErrNotFound)
		}
		for _, p := range []apikeys.GetParams{{}, {ID: made.Info.ID, UserUUID: "x"}} {
			_, err := apikeys.Get(ctx, env.DB, p)
			require.ErrorIs(t, err, apikeys.ErrInvalid)
		}
	})
}

func TestList(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		create(t, env.DB, uuid.NewString())
		var want, wantActive []int64
		for i := range 25 {
			made, err := apikeys.Create(ctx, env.DB, apikeys.CreateParams{
				UserUUID: user, Name: "CI", At: noon.Add(time.Duration(i/3) * time.Second), // three at a time
			})
			require.NoError(t, err)
			want = append([]int64{made.Info.ID}, want...)
			if i%5 == 0 {
				_, err = apikeys.Revoke(ctx, env.DB, apikeys.RevokeParams{ID: made.Info.ID})
				require.NoError(t, err)
				continue
			}
			wantActive = append([]int64{made.Info.ID}, wantActive...)
		}
		// A row of another program's: without a time, so last, and not hashed.
		old := &apikeys.Key{Name: "old", Key: "sk-s3cret-s3cret-s3cret", UserUUID: user, Status: apikeys.StatusCreated}
		_, err := env.DB.NewInsert().Model(old).Exec(ctx)
		require.NoError(t, err)

		read := func(status apikeys.Status) (ids []int64, last apikeys.Info) {
			for cursor := ""; ; {
				page, err := apikeys.List(ctx, env.DB, apikeys.ListParams{UserUUID: user, Status: status, Cursor: cursor, Limit: 7})
				require.NoError(t, err)
				for _, k := range page.Items {
					ids, last = append(ids, k.ID), k
				}
				create(t, env.DB, uuid.NewString())
				if cursor = page.Next; cursor == "" {
					return ids, last
				}
			}
		}
		ids, last := read("")
		require.Equal(t, want, ids[:25])
		require.Equal(t, apikeys.Info{
			ID: ids[25], Name: "old", UserUUID: user, Status: apikeys.StatusActive, Prefix: "sk-s", Legacy: true,
		}, last)
		active, _ := read(apikeys.StatusActive)
		require.Equal(t, append(wantActive, ids[25]), active)
		revoked, _ := read(apikeys.StatusRevoked)
		require.Len(t, revoked, 5)

		for _, p := range []apikeys.ListParams{
			{}, {UserUUID: user, Status: "created"}, {UserUUID: user, Limit: list.MaxLimit + 1}, {UserUUID: user, Cursor: "AAAA"},
		} {
			_, err := apikeys.List(ctx, env.DB, p)
			require.ErrorIs(t, err, apikeys.ErrInvalid)
		}
	})
}
