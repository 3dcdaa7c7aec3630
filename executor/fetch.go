package executor

import (
	"bytes"
	"context"
	"crypto/md5"  //nolint:gosec // Ansible reports MD5 sums; nothing is trusted by them
	"crypto/sha1" //nolint:gosec // likewise SHA-1, its checksum
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// fetch copies a file of the host to the controller.
func fetch(ctx context.Context, c *call) *itemResult {
	if bad := c.only("src", "dest", "fail_on_missing", "flat", "validate_checksum"); bad != nil {
		return bad
	}
	if c.check {
		return newResult("changed", false, "skipped", true, "msg", "check mode not (yet) supported for this module")
	}
	src, dest := c.text("src"), c.text("dest")
	if src == "" || dest == "" {
		return failedResult("src and dest are required")
	}
	first := c.slurp(ctx, src, 0)
	if first.unreachable {
		return first
	}
	if first.failed() {
		return c.fetchMissing(first, src)
	}
	real := orElse(value.Str(mustArg(first.dict, "source")), src)
	path, bad := c.fetchPath(real, dest)
	if bad != nil {
		return bad
	}
	return c.store(ctx, src, path, first)
}

// fetchPart is how much of a file travels in one answer.
const fetchPart = 8 << 20

// slurp reads a part of the file on the host.
func (c *call) slurp(ctx context.Context, src string, offset int) *itemResult {
	sub := *c
	sub.action, sub.spec, sub.check = "slurp", nil, false
	sub.args = value.DictOf("src", src, "_offset", offset, "_length", fetchPart)
	return c.t.remote(ctx, []*call{&sub}, nil)[0]
}

// store writes the file when it differs from what is there: part by part into a temporary file, which replaces the old one
// when it is whole and its checksum is the host's.
func (c *call) store(ctx context.Context, src, path string, part *itemResult) *itemResult {
	defer c.t.x.fetched.add(path)
	sum := value.Str(mustArg(part.dict, "checksum"))
	size, _ := toInt(mustArg(part.dict, "size"))
	if old, oldMD5, err := sumsOf(path); err == nil && old == sum {
		return newResult("changed", false, "md5sum", oldMD5, "file", src, "dest", path, "checksum", sum)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return failedResult("%s", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".muster-fetch-")
	if err != nil {
		return failedResult("%s", err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone when it became the file
	defer tmp.Close()
	for written := 0; ; {
		data, err := base64.StdEncoding.DecodeString(value.Str(mustArg(part.dict, "content")))
		if err != nil {
			return failedResult("unable to decode what the host sent: %v", err)
		}
		if _, err := tmp.Write(data); err != nil {
			return failedResult("%s", err)
		}
		if written += len(data); written >= size || len(data) == 0 {
			break
		}
		if part = c.slurp(ctx, src, written); part.unreachable || part.failed() {
			return part
		}
	}
	got, md, err := sumsOf(tmp.Name())
	if err != nil {
		return failedResult("%s", err)
	}
	if got != sum && c.bool("validate_checksum", true) {
		return newResult("changed", false, "failed", true, "msg", "checksum mismatch", "file", src, "dest", path, "checksum", got, "remote_checksum", sum)
	}
	if err := errors.Join(tmp.Chmod(0o644), tmp.Close(), os.Rename(tmp.Name(), path)); err != nil {
		return failedResult("%s", err)
	}
	return newResult("changed", true, "md5sum", md, "dest", path, "remote_md5sum", nil, "checksum", got, "remote_checksum", sum)
}

// sumsOf returns the SHA-1 and MD5 sums of a file.
func sumsOf(path string) (sum, md string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	s1, m := sha1.New(), md5.New() //nolint:gosec // see the imports
	if _, err := io.Copy(io.MultiWriter(s1, m), f); err != nil {
		return "", "", err
	}
	return hex.EncodeToString(s1.Sum(nil)), hex.EncodeToString(m.Sum(nil)), nil
}

func (c *call) fetchMissing(got *itemResult, src string) *itemResult {
	msg := value.Str(mustArg(got.dict, "msg"))
	switch {
	case strings.Contains(msg, "not found"):
		msg = "the remote file does not exist"
	case strings.HasPrefix(msg, "source is a directory"):
		msg = "remote file is a directory, fetch cannot work on directories"
	}
	if c.bool("fail_on_missing", true) {
		return newResult("changed", false, "failed", true, "file", src, "msg", msg)
	}
	return newResult("changed", false, "file", src, "msg", msg+", not transferring, ignored")
}

// fetchPath is where the file goes: below dest by host and path, or dest itself when flat. A host's answer never leads
// out of its folder.
func (c *call) fetchPath(src, dest string) (string, *itemResult) {
	base := c.scope.dir()
	if !filepath.IsAbs(dest) && !strings.HasPrefix(dest, "~") {
		dest = filepath.Join(base, dest) + trailingSlash(dest)
	}
	if rest, ok := strings.CutPrefix(dest, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			dest = filepath.Join(home, rest) + trailingSlash(rest)
		}
	}
	if c.bool("flat", false) {
		st, err := os.Stat(dest)
		if err == nil && st.IsDir() && !strings.HasSuffix(dest, "/") {
			return "", failedResult("dest is an existing directory, use a trailing slash if you want to fetch src into that directory")
		}
		if strings.HasSuffix(dest, "/") {
			return filepath.Join(dest, filepath.Base(src)), nil
		}
		return filepath.Clean(dest), nil
	}
	name := c.target.name
	if c.delegated == "" {
		name = c.t.host.name
	}
	root := filepath.Join(dest, name)
	path := filepath.Join(root, filepath.Clean("/"+src))
	if !strings.HasPrefix(path, root) {
		return "", failedResult("the host answered with a path outside of its folder: %s", src)
	}
	return path, nil
}

func trailingSlash(s string) string {
	if strings.HasSuffix(s, "/") {
		return "/"
	}
	return ""
}

// assembled joins the files of a folder in the order of their names.
func assembled(dir, delimiter, pattern string, ignoreHidden bool) ([]byte, error) {
	var match *regexp.Regexp
	if pattern != "" {
		var err error
		if match, err = regexp.Compile(pattern); err != nil {
			return nil, fmt.Errorf("invalid regexp: %w", err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	var out bytes.Buffer
	delimiter = unescapeNewline(delimiter)
	first := true
	for _, e := range entries {
		if e.IsDir() || match != nil && !match.MatchString(e.Name()) || ignoreHidden && strings.HasPrefix(e.Name(), ".") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if !first {
			endLine(&out)
			out.WriteString(delimiter)
			endLine(&out)
		}
		out.Write(b)
		first = false
	}
	return out.Bytes(), nil
}

// endLine ends the last line, if there is one that has not ended.
func endLine(b *bytes.Buffer) {
	if b.Len() > 0 && !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
		b.WriteByte('\n')
	}
}
