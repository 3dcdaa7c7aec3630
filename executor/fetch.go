package executor

import (
	"bytes"
	"context"
	"crypto/md5"  //nolint:gosec // Ansible reports MD5 sums; nothing is trusted by them
	"crypto/sha1" //nolint:gosec // likewise SHA-1, its checksum
	"encoding/base64"
	"encoding/hex"
	"fmt"
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
	got := c.slurp(ctx, src)
	if got.unreachable {
		return got
	}
	if got.failed() {
		return c.fetchMissing(got, src)
	}
	data, err := base64.StdEncoding.DecodeString(value.Str(mustArg(got.dict, "content")))
	if err != nil {
		return failedResult("unable to decode what the host sent: %v", err)
	}
	real := orElse(value.Str(mustArg(got.dict, "source")), src)
	path, bad := c.fetchPath(real, dest)
	if bad != nil {
		return bad
	}
	return storeFetched(src, path, data)
}

// slurp reads the file on the host.
func (c *call) slurp(ctx context.Context, src string) *itemResult {
	sub := *c
	sub.action, sub.spec, sub.check = "slurp", nil, false
	sub.args = value.DictOf("src", src)
	return c.t.remote(ctx, []*call{&sub}, nil)[0]
}

func (c *call) fetchMissing(got *itemResult, src string) *itemResult {
	if c.bool("fail_on_missing", true) {
		msg := "the remote file does not exist"
		if m := value.Str(mustArg(got.dict, "msg")); !strings.Contains(m, "not found") {
			msg = m
		}
		return newResult("changed", false, "failed", true, "file", src, "msg", msg)
	}
	return newResult("changed", false, "file", src, "msg", "the remote file does not exist, not transferring, ignored")
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

// storeFetched writes the file when it differs from what is there.
func storeFetched(src, path string, data []byte) *itemResult {
	s1, m := sha1.Sum(data), md5.Sum(data) //nolint:gosec // see the imports
	sum, md := hex.EncodeToString(s1[:]), hex.EncodeToString(m[:])
	old, err := os.ReadFile(path)
	if err == nil && bytes.Equal(old, data) {
		return newResult("changed", false, "md5sum", md, "file", src, "dest", path, "checksum", sum)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return failedResult("%s", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return failedResult("%s", err)
	}
	return newResult("changed", true, "md5sum", md, "dest", path, "remote_md5sum", nil, "checksum", sum, "remote_checksum", sum)
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
	delimiter = unescapeNewline(delimiter)
	var out bytes.Buffer
	first := true
	for _, e := range entries {
		if e.IsDir() || match != nil && !match.MatchString(e.Name()) || ignoreHidden && strings.HasPrefix(e.Name(), ".") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if !first && !bytes.HasSuffix(out.Bytes(), []byte("\n")) && delimiter != "" {
			out.WriteByte('\n')
		}
		if !first && delimiter != "" {
			out.WriteString(delimiter)
			if !strings.HasSuffix(delimiter, "\n") {
				out.WriteByte('\n')
			}
		}
		out.Write(b)
		first = false
	}
	return out.Bytes(), nil
}
