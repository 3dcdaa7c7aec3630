package secret

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/internal/event"
)

const pass = `s3same "öpen"'\x`

func registry(texts ...string) *Registry {
	r := &Registry{}
	r.Add(texts...)
	return r
}

func TestForms(t *testing.T) {
	r := registry(pass)
	asJSON, err := json.Marshal(map[string]string{"p": pass})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain": "before " + pass + " after", "JSON": string(asJSON), "ASCII JSON": `{"p": "s3same \"\u00f6pen\"'\\x"}`,
		"shell": `echo 's3same "öpen"'"'"'\x'`, "another shell": `echo 's3same "öpen"'\''\x'`, "Python": `'s3same "öpen"\'\\x'`,
		"query": "http://h/?p=" + url.QueryEscape(pass), "path": url.PathEscape(pass),
	} {
		if got := r.Text(text); strings.Contains(got, "s3same") || !strings.Contains(got, Mask) {
			t.Errorf("%s: %s", name, got)
		}
	}
	for i := range 4 {
		whole := strings.Repeat("x", i) + pass + "\nmore text"
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			got := r.Text(enc.EncodeToString([]byte(whole)))
			if !strings.Contains(got, Mask) {
				t.Errorf("base64 after %d bytes: %s", i, got)
			}
			left := strings.ReplaceAll(got, Mask, "")
			if plain, err := enc.DecodeString(left + strings.Repeat("=", -len(left)&3)); err == nil && strings.Contains(string(plain), "s3sam") {
				t.Errorf("base64 after %d bytes leaves %q", i, plain)
			}
		}
	}
}

func TestLines(t *testing.T) {
	key := "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\n  indented-line-2\nab\n-----END KEY-----\n"
	r := registry(key)
	if got := r.Text("x -----BEGIN KEY----- y MIIEowIBAAKCAQEA z indented-line-2 ab"); got != "x -----BEGIN KEY----- y ******** z ******** ab" {
		t.Error(got)
	}
	if got := r.Text("all:" + strings.TrimSpace(key)); got != "all:********" {
		t.Error(got)
	}
}

func TestTooShortOrTooPlain(t *testing.T) {
	r := registry("abc", "root", "TRUE", "  ", "changed")
	r.AddFromFile("abcde", "deploy1")
	if got := r.Text("abc abcde root true changed deploy1"); got != "abc abcde root true changed ********" {
		t.Error(got)
	}
}

func TestLongestFirst(t *testing.T) {
	r := registry("secret", "secret-and-more", "sec-ret")
	if got := r.Text("secret-and-more secret sec-ret secretsecret se"); got != "******** ******** ******** **************** se" {
		t.Error(got)
	}
}

// TestValues: only what holds a secret is copied.
func TestValues(t *testing.T) {
	r := registry("hidden-value")
	clean := map[string]any{"a": []any{1, "x", nil, 2.5}}
	v := map[string]any{
		"clean": clean, "text": "a hidden-value", "list": []any{"hidden-value", map[string]any{"hidden-value": true}},
		"strings": []string{"x", "hidden-value"}, "maps": []map[string]any{{"k": "hidden-value"}}, "plain": map[string]string{"k": "hidden-value"},
	}
	got := r.Value(v).(map[string]any)
	want := map[string]any{
		"clean": clean, "text": "a ********", "list": []any{Mask, map[string]any{Mask: true}},
		"strings": []string{"x", Mask}, "maps": []map[string]any{{"k": Mask}}, "plain": map[string]string{"k": Mask},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if v["text"] != "a hidden-value" {
		t.Error("the original changed")
	}
	if same := r.Value(clean).(map[string]any); reflect.ValueOf(same).Pointer() != reflect.ValueOf(clean).Pointer() {
		t.Error("a clean value was copied")
	}
}

func TestEmpty(t *testing.T) {
	var none *Registry
	none.Add("something")
	for _, r := range []*Registry{none, {}} {
		if !r.Empty() || r.Text("something") != "something" || r.Holds("something") || r.Value(3) != 3 {
			t.Error("an empty registry masks")
		}
	}
}

type sink []event.Event

func (s *sink) Handle(e event.Event) { *s = append(*s, e) }

// TestEvents: every text of every event is masked, names of hosts are not.
func TestEvents(t *testing.T) {
	const s = "hidden-value"
	result := map[string]any{"msg": s}
	events := []event.Event{
		event.PlayStart{Name: s}, event.NoHosts{Play: s}, event.TaskStart{Name: s, Args: s}, event.TaskResult{Result: result},
		event.ItemResult{Item: s, Label: s, Result: result}, event.Retry{Name: s, Result: result}, event.Included{File: s, Item: s, Label: s},
		event.Notified{Handler: s}, event.Message{Text: s}, event.PromptText{Text: s}, event.RunEnd{Custom: map[string]any{"x": s}}, event.PhaseStart{Play: s}, event.RollbackStart{Play: s, Reason: s},
		event.Undone{Name: s, What: s, Msg: s, Diff: s}, event.NotStarted{Play: s}, event.Output{Text: s},
	}
	everyKind(t, events)
	var got sink
	masking := Sink{Next: &got, Secrets: registry(s)}
	for _, e := range append(events, event.Notified{Host: s}) {
		masking.Handle(e)
	}
	for i, e := range got[:len(events)] {
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, s) || !strings.Contains(text, Mask) {
			t.Errorf("%s: %s", events[i].Kind(), text)
		}
	}
	if got[len(events)].(event.Notified).Host != s {
		t.Error("a host's name was masked")
	}
}

// clean are the kinds of events that carry no text of a run but names of hosts, files and plays' own words.
var clean = []string{"RunStart", "HostStart", "HostRetry", "PlaybookStart", "AsyncPoll", "NoMoreHosts", "RollbackEnd", "NotRolledBack"}

// everyKind fails when a kind of event is neither tested nor known to be clean.
func everyKind(t *testing.T, events []event.Event) {
	t.Helper()
	known := slices.Clone(clean)
	for _, e := range events {
		known = append(known, reflect.TypeOf(e).Name())
	}
	files, err := filepath.Glob("../event/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`func \((\w+)\) Kind\(\)`).FindAllStringSubmatch(string(src), -1) {
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s: are its texts masked? Add it to Event and to this test", m[1])
			}
		}
	}
}

func TestConcurrently(t *testing.T) {
	r := &Registry{}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				s := fmt.Sprintf("secret-%d-%d", i, j)
				r.Add(s)
				if got := r.Text("a " + s); got != "a "+Mask {
					t.Error(got)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzText(f *testing.F) {
	f.Add("secret", "a secret b")
	f.Add("ab\ncdefghijk", "cdefghijk")
	f.Fuzz(func(t *testing.T, s, text string) {
		r := registry(s)
		if s = strings.TrimSpace(s); len(s) < minimum || plainWords[strings.ToLower(s)] || strings.Contains(Mask, s) {
			return
		}
		if got := r.Text(text + s); strings.Contains(strings.ReplaceAll(got, Mask, "\x00"), s) && !strings.Contains(s, "*") {
			t.Errorf("%q in %q gives %q", s, text+s, got)
		}
	})
}

func BenchmarkText(b *testing.B) {
	r := &Registry{}
	for i := range 200 {
		r.Add(fmt.Sprintf("pass%dword%d", i*7919, i))
	}
	text := strings.Repeat("ok: [web1] => {\"changed\": false, \"path\": \"/etc/app.conf\"} ", 500)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Text(text)
	}
}
