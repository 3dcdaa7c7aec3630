package files

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

var archiveTime = time.Date(2020, 3, 4, 5, 6, 8, 0, time.UTC)

// tarOf makes an archive of headers; a regular file's content is its Linkname.
func tarOf(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		content := ""
		if h.Typeflag == tar.TypeReg {
			content, h.Linkname = h.Linkname, ""
			h.Size = int64(len(content))
		}
		h.ModTime = archiveTime
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sample(t *testing.T) []byte {
	t.Helper()
	return tarOf(t,
		tar.Header{Name: "app/", Typeflag: tar.TypeDir, Mode: 0o750, Uname: "alice", Uid: 77},
		tar.Header{Name: "app/bin/", Typeflag: tar.TypeDir, Mode: 0o755},
		tar.Header{Name: "app/bin/run", Typeflag: tar.TypeReg, Mode: 0o755, Linkname: "#!/bin/sh\n", Uname: "alice", Gname: "staff"},
		tar.Header{Name: "app/conf", Typeflag: tar.TypeReg, Mode: 0o640, Linkname: "a=1\n", Uid: 1},
		tar.Header{Name: "app/link", Typeflag: tar.TypeSymlink, Linkname: "bin/run", Mode: 0o777},
		tar.Header{Name: "app/hard", Typeflag: tar.TypeLink, Linkname: "app/conf", Mode: 0o640},
		tar.Header{Name: "app/implied/deep", Typeflag: tar.TypeReg, Mode: 0o644, Linkname: "deep"},
	)
}

func compressed(t *testing.T, plain []byte, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"z/", "z/one", "z/two"} {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: archiveTime}
		h.SetMode(0o640)
		if name == "z/" {
			h.SetMode(0o750 | fs.ModeDir)
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(f, files[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func bytesAt(path string, b []byte) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		if err := s.WriteFile(path, bytes.NewReader(b), sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnarchive(t *testing.T) {
	plain := sample(t)
	ref := modulestest.Ref(plain)
	all := map[string]string{"/d/app/bin/run": "#!/bin/sh\n", "/d/app/conf": "a=1\n", "/d/app/implied/deep": "deep", "/d/app/hard": "a=1\n"}
	gz := compressed(t, plain, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
	xzd := compressed(t, plain, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) })
	zst := compressed(t, plain, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	zipped := zipOf(t, map[string]string{"z/one": "1", "z/two": "22"})
	onHost := func(b []byte) func(*testing.T, sys.System) { return both(dirs("/d"), bytesAt("/a", b)) }
	modulestest.Run(t, Unarchive(), cases{
		{Name: "tar", Setup: dirs("/d"), Contents: [][]byte{plain}, Args: args{"_content": ref, "src": "/c/app.tar", "dest": "/d", "list_files": true}, Files: all,
			Result: args{"handler": "TarArchive", "dest": "/d", "src": "/c/app.tar", "state": "directory", "files": []any{"app/", "app/bin/", "app/bin/run", "app/conf", "app/link", "app/hard", "app/implied/deep"}},
			Meddle: append_("/d/app/bin/run", "x"),
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if st, err := s.Lstat("/d/app/bin/run"); err != nil || st.UID != 1000 || st.GID != 50 || st.Perm != 0o755 || !st.Mtime.Equal(archiveTime) {
					t.Errorf("%+v %v", st, err)
				}
				if st, err := s.Lstat("/d/app/hard"); err != nil || st.Nlink != 2 || st.UID != 1 {
					t.Errorf("hard link: %+v %v", st, err)
				}
			}},
		{Name: "tar.gz", Setup: onHost(gz), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Files: all, Result: args{"handler": "TgzArchive"}},
		{Name: "tar.xz", Setup: onHost(xzd), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Files: all, Result: args{"handler": "TarArchive"}},
		{Name: "tar.zst", Setup: onHost(zst), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Files: all, Result: args{"handler": "TarArchive"}},
		{Name: "zip", Setup: onHost(zipped), Args: args{"src": "/a", "dest": "/d", "copy": false, "mode": "u=rwX,go=rX"}, Files: map[string]string{"/d/z/one": "1", "/d/z/two": "22"}, Result: args{"handler": "ZipArchive"}},
		{Name: "owner and mode for all", Setup: onHost(plain), Args: args{"src": "/a", "dest": "/d", "remote_src": true, "owner": "alice", "group": "alice", "mode": "u+rwX"}},
		{Name: "some are there", Setup: both(onHost(plain), dirs("/d/app"), put("/d/app/conf", "old", 0o600)), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Files: all},
		{Name: "stripped", Setup: onHost(gz), Args: args{"src": "/a", "dest": "/d", "remote_src": true, "extra_opts": []any{"--strip-components=1"}}, Files: map[string]string{"/d/bin/run": "#!/bin/sh\n"}},
		{Name: "renamed", Setup: onHost(gz), Args: args{"src": "/a", "dest": "/d", "remote_src": true, "extra_opts": []any{"--transform", "s/^app/x/"}}, Files: map[string]string{"/d/x/bin/run": "#!/bin/sh\n"}},
		{Name: "included", Setup: onHost(gz), Args: args{"src": "/a", "dest": "/d", "remote_src": true, "include": "app/conf"}, Files: map[string]string{"/d/app/conf": "a=1\n"},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if _, err := s.Lstat("/d/app/bin"); err == nil {
					t.Error("app/bin was not asked for")
				}
			}},
		{Name: "included but not there", Setup: onHost(gz), Args: args{"src": "/a", "dest": "/d", "remote_src": true, "include": "nothing"}, Failed: "nothing is not in the archive"},
		{Name: "excluded", Setup: onHost(gz), Args: args{"src": "/a", "dest": "/d", "remote_src": true, "exclude": []any{"app/bin", "hard", "*eep"}},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				for _, p := range []string{"/d/app/bin", "/d/app/hard", "/d/app/implied"} {
					if _, err := s.Lstat(p); err == nil {
						t.Errorf("%s was excluded", p)
					}
				}
			}},
		{Name: "newer files stay", Setup: both(onHost(plain), dirs("/d/app"), put("/d/app/conf", "newer", 0o600)), Args: args{"src": "/a", "dest": "/d", "remote_src": true, "keep_newer": true, "exclude": "app/hard"}, Files: map[string]string{"/d/app/conf": "newer"}},
		{Name: "the destination itself", Setup: both(dirs("/real"), link("real", "/d"), bytesAt("/a", tarOf(t, tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o711, Uname: "alice"},
			tar.Header{Name: "./f", Typeflag: tar.TypeReg, Mode: 0o644, Linkname: "x"}))), Args: args{"src": "/a", "dest": "/d", "remote_src": true},
			Files: map[string]string{"/real/f": "x"}, Result: args{"dest": "/d"},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if st, err := s.Lstat("/real"); err != nil || st.Perm != 0o711 || st.UID != 1000 {
					t.Errorf("%+v %v", st, err)
				}
			}},
		{Name: "creates", Setup: onHost(plain), Args: args{"src": "/a", "dest": "/d", "remote_src": true, "creates": "/etc/passwd"}, Unchanged: true, Result: args{"skipped": true, "msg": "skipped, since /etc/passwd exists"}},
		{Name: "no destination", Setup: bytesAt("/a", plain), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Failed: "dest '/d' must be an existing dir"},
		{Name: "no source", Setup: dirs("/d"), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Failed: "Source '/a' does not exist"},
		{Name: "no archive", Setup: onHost([]byte("hello")), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Failed: "Failed to find handler for"},
		{Name: "empty file", Setup: onHost(nil), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Failed: "the file is 0 bytes"},
		{Name: "unknown option", Setup: onHost(plain), Args: args{"src": "/a", "dest": "/d", "remote_src": true, "extra_opts": []any{"--no-such-option"}}, Failed: `"--no-such-option" is not known here`},
		{Name: "leading out", Setup: onHost(tarOf(t, tar.Header{Name: "../x", Typeflag: tar.TypeReg, Linkname: "x", Mode: 0o644})), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Failed: "leads out of the destination"},
		{Name: "through a link", Setup: onHost(tarOf(t, tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/etc"}, tar.Header{Name: "l/passwd", Typeflag: tar.TypeReg, Linkname: "x"})),
			Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Failed: "would be written through the link"},
		{Name: "hard link to the outside", Setup: onHost(tarOf(t, tar.Header{Name: "l", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"})), Args: args{"src": "/a", "dest": "/d", "remote_src": true}, Failed: "which is not in it"},
	})
}

func FuzzArchive(f *testing.F) {
	f.Add([]byte("PK\x03\x04"), "--strip-components=1")
	f.Add([]byte{0x1f, 0x8b, 8, 0}, "-n")
	f.Add([]byte("../../etc/passwd"), "--transform=s/a/../")
	f.Fuzz(func(t *testing.T, b []byte, opt string) {
		o, err := parseArchiveOptions([]string{opt}, len(b)%2 == 0)
		if err != nil {
			return
		}
		a, err := openArchive(bytes.NewReader(b), int64(len(b)))
		if err == nil {
			_ = a.each(func(m member, _ io.Reader) error {
				checkTarget(t, o, m)
				return nil
			})
		}
		checkTarget(t, o, member{name: string(b), kind: "file"})
	})
}

// checkTarget makes sure that no name leads out of the destination.
func checkTarget(t *testing.T, o archiveOptions, m member) {
	if below, err := o.target(m); err == nil && below != "" && below != "." && !safeBelow(below) {
		t.Errorf("%q goes to %q", m.name, below)
	}
}
