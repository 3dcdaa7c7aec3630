package network

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/url"
	"path"
	"sort"
	"strings"

	"github.com/musterhq/muster/internal/fetch"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// uriRequest puts the request together.
func uriRequest(ctx context.Context, r sys.Reader, p uriParams) (fetch.Request, error) {
	req := p.request(p.URLUsername, p.URLPassword, p.Timeout)
	req.Method, req.UnixSocket, req.CAPath, req.Follow = p.Method, p.UnixSocket, p.CAPath, fetch.Follow(p.FollowRedirects)
	headers := make(map[string]string, len(p.Headers)+1)
	for k, v := range p.Headers {
		headers[k] = v
	}
	req.Headers = headers
	if p.Dest != nil {
		if st, err := r.Stat(*p.Dest); err == nil && st.IsRegular() {
			req.ModifiedSince = st.Mtime
		}
	}
	body, contentType, err := uriBody(ctx, r, p)
	if err != nil {
		return req, err
	}
	req.Body = body
	if contentType != "" && (p.BodyFormat == "form-multipart" || !hasHeader(headers, "content-type")) {
		headers["Content-Type"] = contentType
	}
	return req, nil
}

func hasHeader(headers map[string]string, name string) bool {
	for k := range headers {
		if strings.EqualFold(k, name) {
			return true
		}
	}
	return false
}

// uriBody is what is sent, and its type where the format tells one.
func uriBody(ctx context.Context, r sys.Reader, p uriParams) ([]byte, string, error) {
	if p.Src != nil || p.Content != nil {
		body, err := sentBody(ctx, r, p)
		if err != nil {
			return nil, "", modules.Fail(modules.Result{"elapsed": 0}, "Unable to open source file: %v", err)
		}
		return body, formatType(p.BodyFormat), nil
	}
	text, isText := p.Body.(string)
	switch p.BodyFormat {
	case "json":
		if !isText {
			text = string(appendJSON(nil, p.Body))
		}
		return []byte(text), "application/json", nil
	case "form-urlencoded":
		if !isText && p.Body != nil {
			var err error
			if text, err = formEncode(p.Body); err != nil {
				return nil, "", modules.Fail(modules.Result{"elapsed": 0}, "failed to parse body as form_urlencoded: %v", err)
			}
		}
		if p.Body == nil {
			return nil, "application/x-www-form-urlencoded", nil
		}
		return []byte(text), "application/x-www-form-urlencoded", nil
	case "form-multipart":
		contentType, body, err := multipartBody(ctx, r, p)
		if err != nil {
			return nil, "", fmt.Errorf("failed to parse body as form-multipart: %w", err)
		}
		return body, contentType, nil
	}
	switch {
	case p.Body == nil:
		return nil, "", nil
	case isText:
		return []byte(text), "", nil
	default:
		return []byte(modules.PyStr(p.Body)), "", nil
	}
}

func formatType(format string) string {
	switch format {
	case "json":
		return "application/json"
	case "form-urlencoded":
		return "application/x-www-form-urlencoded"
	default:
		return ""
	}
}

// sentBody reads src, from the host or from the controller.
func sentBody(ctx context.Context, r sys.Reader, p uriParams) ([]byte, error) {
	if p.Content == nil {
		return r.ReadFile(*p.Src)
	}
	return controllerFile(ctx, p.Content.SHA256)
}

func controllerFile(ctx context.Context, sha256 string) ([]byte, error) {
	f, err := modules.OpenContent(ctx, sha256)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// formEncode writes a dictionary, or a list of pairs, as web forms do.
func formEncode(body any) (string, error) {
	var parts []string
	add := func(k, v any) {
		values, ok := v.([]any)
		if !ok {
			values = []any{v}
		}
		for _, item := range values {
			if item != nil {
				parts = append(parts, url.QueryEscape(modules.PyStr(k))+"="+url.QueryEscape(modules.PyStr(item)))
			}
		}
	}
	switch x := body.(type) {
	case map[string]any:
		for _, k := range sortedNames(x) {
			add(k, x[k])
		}
	case []any:
		for _, item := range x {
			pair, ok := item.([]any)
			if !ok || len(pair) != 2 {
				return "", fmt.Errorf("%s is no pair of a name and a value", modules.PyRepr(item))
			}
			add(pair[0], pair[1])
		}
	default:
		return modules.PyStr(body), nil
	}
	return strings.Join(parts, "&"), nil
}

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}

// multipartBody writes a dictionary of fields and files as multipart/form-data.
func multipartBody(ctx context.Context, r sys.Reader, p uriParams) (string, []byte, error) {
	fields, ok := p.Body.(map[string]any)
	if !ok {
		return "", nil, fmt.Errorf("Mapping is required, cannot be type %T", p.Body)
	}
	boundary := "===============" + rand.Text()[:20] + "=="
	var b strings.Builder
	for _, name := range sortedNames(fields) {
		part, err := multipartField(ctx, r, p, name, fields[name])
		if err != nil {
			return "", nil, err
		}
		b.WriteString("--" + boundary + "\r\n" + part + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	return `multipart/form-data; boundary="` + boundary + `"`, []byte(b.String()), nil
}

func multipartField(ctx context.Context, r sys.Reader, p uriParams, name string, value any) (string, error) {
	disposition := fmt.Sprintf("form-data; name=%q", name)
	if text, ok := value.(string); ok {
		return "Content-Type: text/plain\r\nContent-Disposition: " + disposition + "\r\n\r\n" + text, nil
	}
	field, ok := value.(map[string]any)
	if !ok {
		return "", fmt.Errorf("value must be a string, or mapping, cannot be type %T", value)
	}
	filename, _ := field["filename"].(string)
	content, hasContent := field["content"].(string)
	if filename == "" && content == "" {
		return "", fmt.Errorf("at least one of filename or content must be provided")
	}
	kind, _ := field["mime_type"].(string)
	if kind == "" {
		if kind = mime.TypeByExtension(path.Ext(filename)); kind == "" {
			kind = "application/octet-stream"
		}
	}
	if filename != "" {
		disposition += fmt.Sprintf("; filename=%q", path.Base(filename))
	}
	if hasContent && content != "" {
		return "Content-Type: " + kind + "\r\nContent-Disposition: " + disposition + "\r\n\r\n" + content, nil
	}
	data, err := fieldFile(ctx, r, p, filename)
	if err != nil {
		return "", err
	}
	return "Content-Transfer-Encoding: base64\r\nContent-Type: " + kind + "\r\nContent-Disposition: " + disposition + "\r\n\r\n" + base64Lines(data), nil
}

// fieldFile reads a file of a field, from the controller where it gave the digest, else from the host.
func fieldFile(ctx context.Context, r sys.Reader, p uriParams, filename string) ([]byte, error) {
	if ref, ok := p.Files[filename].(map[string]any); ok {
		if sum, ok := ref["sha256"].(string); ok {
			return controllerFile(ctx, sum)
		}
	}
	return r.ReadFile(filename)
}

// base64Lines writes base64 in lines of 76 characters.
func base64Lines(b []byte) string {
	text := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for len(text) > 76 {
		out.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	out.WriteString(text + "\r\n")
	return out.String()
}
