package files

import (
	"context"
	"crypto/md5"  //nolint:gosec // asked for by name
	"crypto/sha1" //nolint:gosec // Ansible's default
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type statParams struct {
	Path        string `param:"path,required" alias:"dest,name" type:"path" doc:"Path to look at."`
	Follow      bool   `param:"follow" default:"false" doc:"Whether to look at a link's target."`
	MD5         bool   `param:"get_md5,hidden" default:"false"`
	GetChecksum bool   `param:"get_checksum" default:"true" doc:"Whether to compute the checksum."`
	GetMime     bool   `param:"get_mime" alias:"mime,mime_type,mime-type" default:"true" doc:"Whether to ask the file command what the file holds."`
	GetAttrs    bool   `param:"get_attributes" alias:"attr,attributes" default:"true" doc:"Whether to read the attributes of chattr."`
	Algorithm   string `param:"checksum_algorithm" alias:"checksum,checksum_algo" choices:"md5,sha1,sha224,sha256,sha384,sha512" default:"sha1" doc:"How the checksum is computed."`
}

// Stat says what stands at a path.
func Stat() modules.Module {
	return modules.Query[statParams]{
		Info: modules.Info{
			Name: "stat", Summary: "Says what stands at a path.",
			Examples: `- name: Is it there
  stat:
    path: /etc/app.conf
  register: conf
- debug:
    msg: It is there
  when: conf.stat.exists
`,
		},
		Run: runStat,
	}.Module()
}

func runStat(ctx context.Context, r sys.Reader, p statParams) (modules.Result, error) {
	look := r.Lstat
	if p.Follow {
		look = r.Stat
	}
	st, err := look(p.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return modules.Result{"stat": map[string]any{"exists": false}}, nil
	}
	if err != nil {
		return nil, modules.Fail(nil, "%s", strerror(err))
	}
	out := statFacts(st, p.Path)
	acc := sys.NewAccounts(ctx, r)
	if u, ok := acc.UserByID(st.UID); ok {
		out["pw_name"] = u.Name
	}
	if g, ok := acc.GroupByID(st.GID); ok {
		out["gr_name"] = g.Name
	}
	out["readable"], out["writeable"], out["executable"] = r.Access(p.Path, 4), r.Access(p.Path, 2), r.Access(p.Path, 1)
	if st.IsLink() {
		if out["lnk_target"], err = r.Readlink(p.Path); err != nil {
			return nil, modules.Fail(nil, "%s", strerror(err))
		}
		out["lnk_source"], _ = tree.RealPath(r, p.Path)
	}
	if st.IsRegular() && out["readable"] == true {
		if err := addChecksums(r, p, out); err != nil {
			return nil, err
		}
	}
	if p.GetMime {
		out["mimetype"], out["charset"] = mimeType(ctx, r, p.Path)
	}
	if p.GetAttrs {
		addFlags(r, p.Path, out)
	}
	return modules.Result{"stat": out}, nil
}

// strerror is the operating system's own words, with a capital letter as C's strerror writes them.
func strerror(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	s := err.Error()
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// statFacts are the keys that stat and find share, and those that only stat has when path is set.
func statFacts(st sys.Stat, path string) map[string]any {
	out := map[string]any{
		"path": path, "mode": fourOctal(st.Perm), "uid": st.UID, "gid": st.GID, "size": st.Size,
		"isdir": st.IsDir(), "isreg": st.IsRegular(), "islnk": st.IsLink(),
		"ischr":  st.Mode&fs.ModeCharDevice != 0,
		"isblk":  st.Mode&fs.ModeDevice != 0 && st.Mode&fs.ModeCharDevice == 0,
		"isfifo": st.Mode&fs.ModeNamedPipe != 0, "issock": st.Mode&fs.ModeSocket != 0,
		"inode": st.Inode, "dev": st.Dev, "nlink": st.Nlink,
		"atime": floatTime(st.Atime), "mtime": floatTime(st.Mtime), "ctime": floatTime(st.Ctime),
		"isuid": st.Perm&0o4000 != 0, "isgid": st.Perm&0o2000 != 0,
	}
	for i, who := range []string{"oth", "grp", "usr"} {
		bits := st.Perm >> (3 * i)
		out["r"+who], out["w"+who], out["x"+who] = bits&4 != 0, bits&2 != 0, bits&1 != 0
	}
	out["exists"], out["blocks"], out["block_size"], out["device_type"] = true, st.Blocks, st.BlkSize, st.Rdev
	return out
}

func fourOctal(perm uint32) string {
	s := strconv.FormatUint(uint64(perm), 8)
	return strings.Repeat("0", max(0, 4-len(s))) + s
}

// floatTime is seconds since 1970, as Python computes them.
func floatTime(t time.Time) float64 { return float64(t.Unix()) + 1e-9*float64(t.Nanosecond()) }

func addChecksums(r sys.Reader, p statParams, out map[string]any) error {
	if p.MD5 {
		sum, err := hashFile(r, p.Path, md5.New())
		if err != nil {
			return err
		}
		out["md5"] = sum
	}
	if !p.GetChecksum {
		return nil
	}
	sum, err := hashFile(r, p.Path, newHash(p.Algorithm))
	out["checksum"] = sum
	return err
}

func newHash(name string) hash.Hash {
	switch name {
	case "md5":
		return md5.New()
	case "sha224":
		return sha256.New224()
	case "sha256":
		return sha256.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	default:
		return sha1.New()
	}
}

func hashFile(r sys.Reader, path string, h hash.Hash) (string, error) {
	f, err := r.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// mimeType asks the file command; without it both are unknown.
func mimeType(ctx context.Context, r sys.Reader, path string) (kind, charset string) {
	program, err := r.LookPath("file")
	if err != nil {
		return "unknown", "unknown"
	}
	out, err := r.Query(ctx, sys.Command{Argv: []string{program, "--mime-type", "--mime-encoding", path}, Timeout: 30 * time.Second})
	if err != nil || out.Code != 0 {
		return "unknown", "unknown"
	}
	text := string(out.Stdout)
	text = text[strings.LastIndexByte(text, ':')+1:]
	kind, charset, ok := strings.Cut(text, ";")
	_, charset, has := strings.Cut(charset, "=")
	if !ok || !has {
		return "unknown", "unknown"
	}
	return strings.TrimSpace(kind), strings.TrimSpace(charset)
}

func addFlags(r sys.Reader, path string, out map[string]any) {
	out["version"], out["attributes"], out["attr_flags"] = nil, []any{}, ""
	flags, err := r.FileFlags(path)
	if err != nil {
		return
	}
	version, err := r.FileVersion(path)
	if err != nil {
		return
	}
	out["version"] = strconv.FormatUint(uint64(version), 10)
	out["attributes"], out["attr_flags"] = tree.FlagNames(flags), tree.FlagText(flags)
}
