package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/journal/ops"
)

// subjects are the parameters that name what a module changes, the most telling first. None of them is a secret.
var subjects = []string{"path", "dest", "name", "package", "unit", "host", "repo", "src", "user", "id"}

// what names the thing that an entry changed.
func what(e *entry) string {
	var params map[string]any
	if json.Unmarshal(e.Params, &params) != nil {
		return e.Module
	}
	for _, k := range subjects {
		if text := short(params[k]); text != "" {
			return text
		}
	}
	return e.Module
}

// short is a value on one line.
func short(v any) string {
	const most = 80
	text := ""
	switch v := v.(type) {
	case nil, bool:
		return ""
	case string:
		text = v
	case []any:
		var parts []string
		for _, item := range v {
			if s := short(item); s != "" {
				parts = append(parts, s)
			}
		}
		text = strings.Join(parts, ", ")
	case map[string]any:
		return ""
	default:
		text = fmt.Sprint(v)
	}
	text, _, _ = strings.Cut(text, "\n")
	text = withoutPassword(text)
	if len(text) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text
}

// withoutPassword hides what stands before the @ of an address.
func withoutPassword(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text
	}
	authority, _, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		return scheme + "://…" + rest[at:]
	}
	return text
}

// attributes names the fields in which two states differ, whatever their shape: of a tree of files the attributes of its
// nodes, of anything else its own. It tells no values, which may be secret.
func attributes(from, to []byte) []string {
	var a, b any
	if json.Unmarshal(from, &a) != nil || json.Unmarshal(to, &b) != nil {
		return nil
	}
	found := map[string]bool{}
	differing(a, b, "", found)
	names := make([]string, 0, len(found))
	for n := range found {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func differing(a, b any, field string, found map[string]bool) {
	if reflect.DeepEqual(a, b) {
		return
	}
	x, isMap := a.(map[string]any)
	y, both := b.(map[string]any)
	if isMap && both {
		for k := range x {
			differing(x[k], y[k], attribute(k), found)
		}
		for k := range y {
			if _, has := x[k]; !has {
				differing(nil, y[k], attribute(k), found)
			}
		}
		return
	}
	l, isList := a.([]any)
	m, both := b.([]any)
	if isList && both && len(l) == len(m) {
		for i := range l {
			differing(l[i], m[i], field, found)
		}
		return
	}
	if field != "" {
		found[field] = true
	}
}

func attribute(name string) string { return strings.ToLower(name) }

// again reports that an entry reloaded or restarted something, which restored files need once more.
func (e *entry) again() bool {
	if !bytes.Contains(e.Params, []byte(`"re`)) {
		return false
	}
	var params struct {
		State string `json:"state"`
	}
	return json.Unmarshal(e.Params, &params) == nil && (params.State == "reloaded" || params.State == "restarted")
}

// shown is an entry as the controller sees it.
func (e *entry) shown() ops.Entry {
	post := []byte(e.post)
	if post == nil {
		post = e.To
	}
	o := ops.Entry{ID: e.id, Play: e.Play, Batch: e.Batch, Task: e.Task, Name: e.Name, Module: e.Module, What: what(e), User: e.user,
		State: e.state, Undo: e.Undo, Token: e.Token, Again: e.again(), Started: e.Time, Ended: e.ended, Msg: e.msg}
	o.Run, _, _ = strings.Cut(e.id, "/")
	if e.note() {
		o.Undo = "none"
	} else {
		o.Changed = attributes(e.From, post)
	}
	return o
}
