package network

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/fetch"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

func runURI(ctx context.Context, s sys.System, p uriParams) (modules.Result, error) {
	req, err := uriRequest(ctx, s, p)
	if err != nil {
		return modules.Result{}, err
	}
	start := time.Now()
	resp, err := fetch.Do(ctx, s, req)
	elapsed := int(time.Since(start) / time.Second)
	var unusable *fetch.UnusableError
	if errors.As(err, &unusable) {
		return modules.Result{"status": -1, "url": p.URL}, err
	}
	if err != nil {
		res := modules.Result{"status": -1, "url": p.URL, "redirected": false, "changed": false, "elapsed": elapsed}
		if p.ReturnContent {
			res["content"] = ""
		}
		return res, verdict(p, -1, err.Error())
	}
	defer resp.Body.Close()
	res := modules.Result{}
	for name, value := range resp.Headers {
		res[strings.ReplaceAll(name, "-", "_")] = value
	}
	for k, v := range map[string]any{"status": resp.Status, "url": resp.URL, "redirected": resp.URL != p.URL, "changed": false,
		"elapsed": elapsed, "msg": resp.Message} {
		res[k] = v
	}
	if resp.Status == 0 {
		res["status"] = 200
	}
	if !resp.Refused {
		addCookies(res, resp.Cookies)
	}
	if location, ok := res["location"].(string); ok {
		res["location"] = absolute(p.URL, location)
	}
	return res, finishURI(ctx, s, p, resp, res)
}

func addCookies(res modules.Result, cookies []fetch.Cookie) {
	all := map[string]any{}
	var text []string
	for _, c := range cookies {
		all[c.Name] = c.Value
		text = append(text, c.Name+"="+c.Value)
	}
	res["cookies"], res["cookies_string"] = all, strings.Join(text, "; ")
}

// absolute completes a Location header by the address that was asked.
func absolute(address, location string) string {
	if strings.Contains(location, "://") {
		return location
	}
	if strings.HasPrefix(location, "/") {
		scheme, rest, _ := strings.Cut(address, "://")
		host, _, _ := strings.Cut(rest, "/")
		return scheme + "://" + host + location
	}
	return address[:max(strings.LastIndexByte(address, '/'), 0)] + "/" + location
}

// finishURI reads the answer, stores it where asked to, and judges the status.
func finishURI(ctx context.Context, s sys.System, p uriParams, resp *fetch.Response, res modules.Result) error {
	status := res["status"].(int)
	ok := slices.Contains(p.StatusCode, status)
	kind, charset := contentType(resp)
	var content []byte
	loaded := p.ReturnContent || kind || !ok
	if loaded {
		var err error
		if content, err = io.ReadAll(resp.Body); err != nil {
			return fmt.Errorf("%s: the answer broke off: %w", p.URL, err)
		}
	}
	if p.Dest != nil {
		dest := *p.Dest
		if st, err := s.Stat(dest); err == nil && st.IsDir() {
			dest = path.Join(dest, answerFile(resp))
		}
		res["path"] = dest
		if ok && status != 304 {
			body := io.Reader(resp.Body)
			if loaded {
				body = bytes.NewReader(content)
			}
			if err := storeAnswer(ctx, s, p, dest, body); err != nil {
				return err
			}
			res["changed"] = true
		}
		addPathInfo(ctx, s, res, dest)
	}
	text := decodeText(content, charset)
	if kind {
		var v any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if d.Decode(&v) == nil {
			res["json"] = plainJSON(v)
		}
	}
	if p.ReturnContent {
		res["content"] = text
	}
	if resp.Refused && !loaded {
		rest, err := io.ReadAll(resp.Body)
		if err != nil {
			return fmt.Errorf("%s: the answer broke off: %w", p.URL, err)
		}
		res["body"] = decodeText(rest, charset)
	}
	if !ok {
		msg, _ := res["msg"].(string)
		return verdict(p, status, msg)
	}
	return nil
}

// verdict is the failure of an unwanted status.
func verdict(p uriParams, status int, msg string) error {
	codes := make([]string, len(p.StatusCode))
	for i, c := range p.StatusCode {
		codes[i] = fmt.Sprint(c)
	}
	return fmt.Errorf("Status code was %d and not [%s]: %s", status, strings.Join(codes, ", "), msg)
}

// answerFile names a file after what the server proposes, or the URL.
func answerFile(resp *fetch.Response) string {
	if _, params, err := mime.ParseMediaType(resp.Headers["content-disposition"]); err == nil && params["filename"] != "" {
		if name := path.Base(params["filename"]); name != "." && name != ".." && name != "/" {
			return name
		}
	}
	return urlFile(resp.URL)
}

// contentType says whether an answer is JSON, and in which character set it is.
func contentType(resp *fetch.Response) (isJSON bool, charset string) {
	kind, params, err := mime.ParseMediaType(resp.Headers["content-type"])
	if err != nil {
		return false, ""
	}
	_, sub, _ := strings.Cut(strings.ToLower(kind), "/")
	if _, suffix, ok := strings.Cut(sub, "+"); ok {
		sub = suffix
	}
	return sub == "json" || sub == "javascript", strings.ToLower(params["charset"])
}

// decodeText turns an answer into text; what is no valid UTF-8 is replaced.
func decodeText(b []byte, charset string) string {
	switch charset {
	case "iso-8859-1", "latin-1", "latin1", "iso8859-1", "windows-1252":
		out := make([]rune, len(b))
		for i, c := range b {
			out[i] = rune(c)
		}
		return string(out)
	}
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}

// plainJSON turns numbers into ints and floats.
func plainJSON(v any) any {
	switch x := v.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return int(n)
		}
		f, _ := x.Float64()
		return f
	case []any:
		for i := range x {
			x[i] = plainJSON(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = plainJSON(x[k])
		}
	}
	return v
}

// storeAnswer writes the answer to a file, with the attributes that the task gives.
func storeAnswer(ctx context.Context, s sys.System, p uriParams, dest string, body io.Reader) error {
	temp, err := s.TempFile("", "muster-uri-")
	if err != nil {
		return fmt.Errorf("Failed to create temporary content file: %w", err)
	}
	defer func() { _ = s.Remove(temp) }()
	sum := newSumming("")
	if err := s.WriteFile(temp, io.TeeReader(body, sum), sys.WriteOptions{Perm: 0o600, UID: -1, GID: -1}); err != nil {
		return fmt.Errorf("Failed to create temporary content file: %w", err)
	}
	from, err := tree.Begin(ctx, s, p.Attrs, dest)
	if err != nil {
		return err
	}
	n, err := tree.ReadNode(ctx, s, dest, tree.Look{Digest: true, IfSize: -1}.For(p.Attrs))
	if err != nil {
		return err
	}
	from.Nodes = []tree.Node{n}
	want := from.Clone()
	w := &want.Nodes[0]
	got := sum.sums()
	if n.Kind != tree.File || n.SHA256 != got.sha256 {
		if n.Kind == tree.File {
			want.Rewrite(w)
		} else {
			w.Make(tree.File)
		}
		w.SetSource(temp, got.sha256, got.size)
	}
	want.Attributes(p.Attrs, w)
	if err := (tree.Change{Unsafe: p.UnsafeWrites}).Apply(ctx, s, from, want); err != nil {
		return fmt.Errorf("failed to copy the answer to %s: %w", dest, err)
	}
	return nil
}
