package powerloss

import (
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite reaches files through a table of functions. This one is the system's,
// with those functions replaced that say what is on disk.

//nolint:gochecknoglobals // SQLite's table of functions is the process's
var watch struct {
	once    sync.Once
	system  *sqlite3.Tsqlite3_vfs // the replaced table
	disks   sync.Map              // directories by path, *Disk
	methods sync.Map              // watched tables by the address of a file's own one, uintptr
	files   sync.Map              // open files by address, *watchedFile
}

type watchedFile struct {
	disk *Disk
	path string
	own  *sqlite3.Tsqlite3_io_methods
	// created journals and logs have their directory synchronized with them,
	// the first time.
	created bool
}

// journals are the kinds of files with which SQLite synchronizes the directory
// if it may have created them.
const journals = sqlite3.SQLITE_OPEN_MAIN_JOURNAL | sqlite3.SQLITE_OPEN_SUPER_JOURNAL | sqlite3.SQLITE_OPEN_WAL

// install makes the watching table the default one.
func install() {
	tls := libc.NewTLS()
	defer tls.Close()
	if sqlite3.Xsqlite3_initialize(tls) != sqlite3.SQLITE_OK {
		panic("powerloss: SQLite does not start")
	}
	watch.system = at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
	name, err := libc.CString("powerloss")
	if err != nil {
		panic(err)
	}
	table, address := allocate[sqlite3.Tsqlite3_vfs](tls)
	*table = *watch.system
	table.FzName, table.FpNext = name, 0
	table.FxOpen = function(open)
	table.FxDelete = function(remove)
	if sqlite3.Xsqlite3_vfs_register(tls, address, 1) != sqlite3.SQLITE_OK {
		panic("powerloss: the table is not taken")
	}
}

func open(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	rc := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](watch.system.FxOpen)(tls, vfs, name, file, flags, out)
	if rc != sqlite3.SQLITE_OK || name == 0 {
		return rc
	}
	path := libc.GoString(name)
	disk := diskOf(path)
	if disk == nil {
		return rc
	}
	f := at[sqlite3.Tsqlite3_file](file)
	own := at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
	created := flags&sqlite3.SQLITE_OPEN_CREATE != 0 && flags&journals != 0
	watch.files.Store(file, &watchedFile{disk, path, own, created})
	f.FpMethods = watching(tls, f.FpMethods)
	return rc
}

// watching returns the watched form of a table of file methods. SQLite has a
// few, one a way to lock.
func watching(tls *libc.TLS, own uintptr) uintptr {
	known, _ := watch.methods.Load(own)
	if address, ok := known.(uintptr); ok {
		return address
	}
	table, address := allocate[sqlite3.Tsqlite3_io_methods](tls)
	*table = *at[sqlite3.Tsqlite3_io_methods](own)
	table.FxSync = function(syncFile)
	table.FxClose = function(closeFile)
	watch.methods.Store(own, address) // another may have stored an equal one
	return address
}

func syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	w := watchedAt(file)
	rc := call[func(*libc.TLS, uintptr, int32) int32](w.own.FxSync)(tls, file, flags)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	if err := w.disk.synced(w.path); err != nil {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	if w.created {
		w.created = false
		w.disk.directorySynced()
	}
	return rc
}

func closeFile(tls *libc.TLS, file uintptr) int32 {
	w := watchedAt(file)
	watch.files.Delete(file)
	return call[func(*libc.TLS, uintptr) int32](w.own.FxClose)(tls, file)
}

// remove deletes a file. Without syncDirectory a power failure may bring it
// back.
func remove(tls *libc.TLS, vfs, name uintptr, syncDirectory int32) int32 {
	rc := call[func(*libc.TLS, uintptr, uintptr, int32) int32](watch.system.FxDelete)(tls, vfs, name, syncDirectory)
	path := libc.GoString(name)
	disk := diskOf(path)
	if disk == nil || rc != sqlite3.SQLITE_OK {
		return rc
	}
	disk.removed(path)
	if syncDirectory != 0 {
		disk.directorySynced()
	}
	return rc
}

func watchedAt(file uintptr) *watchedFile {
	known, _ := watch.files.Load(file)
	w, ok := known.(*watchedFile)
	if !ok {
		panic("powerloss: a file that was not opened")
	}
	return w
}

// at is the value at an address outside Go's memory.
func at[T any](address uintptr) *T {
	return *(**T)(unsafe.Pointer(&address)) //nolint:gosec // C's memory
}

func allocate[T any](tls *libc.TLS) (*T, uintptr) {
	var value T
	address := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(value)))
	if address == 0 {
		panic("powerloss: no memory")
	}
	return at[T](address), address
}

// function is a Go function as the translated C code keeps it.
func function[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&f)) //nolint:gosec // as the translated code does
}

// call is the reverse of function.
func call[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&struct{ uintptr }{address})) //nolint:gosec // as the translated code does
}
