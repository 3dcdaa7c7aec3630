//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// volatileKeys differ from run to run, or from host to host: only whether they are there is compared.
var volatileKeys = map[string]bool{
	"start": true, "end": true, "delta": true, "atime": true, "mtime": true, "ctime": true, "inode": true, "dev": true,
	"elapsed": true, "date": true, "last_modified": true, "stop": true, "ansible_job_id": true, "after_header": true, "before_header": true,
}

// ofFiles are keys that say what the thing is, mostly of a file: Ansible's modules leave them out now and then, and return them with a
// failure where they got so far before they looked.
var ofFiles = map[string]bool{
	"changed": true, "name": true, "diff": true, "checksum": true, "path": true, "dest": true, "uid": true, "gid": true, "owner": true, "group": true, "mode": true,
	"size": true, "state": true,
}

// volatileTexts are parts of texts that differ from run to run.
var volatileTexts = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`/[^ "']*/ansible-tmp-[^/ "']*|/[^ "']*/ansible-local-[^/ "']*`), "TMP"},
	{regexp.MustCompile(`/tmp/TestResults[^/ "']*/[0-9]+`), "HERE"},
	{regexp.MustCompile(`(Supported parameters include: )(_\w+, )*`), "$1"},
	{regexp.MustCompile(`\\n\\nThe error appears to be in .*"$`), `"`},
	{regexp.MustCompile(`\\"/tmp/crontab\w+\\"`), `\"-\"`},
	{regexp.MustCompile(`Paused for [0-9.]+`), "Paused for N"},
	{regexp.MustCompile(`\\nSearched in:.*?( on the Ansible Controller|"$)`), "$1"},
	{regexp.MustCompile(`\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~`), ".BACKUP~"},
}

// compare reports every difference between what the tasks returned to both programs. What check mode foresees beyond what
// Ansible's does is welcome: more keys, and a failure that the next run shall have.
func (l taskList) compare(t *testing.T, pass string, ours, theirs, next map[string]any) {
	t.Helper()
	for i := range l {
		task := &l[i]
		var found []string
		them := theirs[task.register]
		if task.foresees = next != nil; task.foresees && failed(ours[task.register]) && failed(next[task.register]) {
			them = next[task.register]
		}
		task.differences("", ours[task.register], them, &found)
		if len(found) == 0 {
			continue
		}
		written, err := yaml.Marshal(&task.node)
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s, line %d:\n%s%s", pass, task.node.Line, written, strings.Join(found, "\n"))
	}
}

func failed(result any) bool {
	r, _ := result.(map[string]any)
	return r["failed"] == true
}

// differences compares two values; path says where in the result they stand.
func (k *task) differences(path string, ours, theirs any, found *[]string) {
	a, aMap := ours.(map[string]any)
	b, bMap := theirs.(map[string]any)
	x, xList := ours.([]any)
	y, yList := theirs.([]any)
	switch {
	case aMap && bMap:
		k.keys(path, a, b, found)
	case xList && bMap && k.foresees && len(x) > 0:
		k.differences(path+"[0]", x[0], theirs, found)
	case xList && yList && len(x) == len(y):
		if strings.HasSuffix(path, ".files") || strings.HasSuffix(path, ".directories") { // in the order of the disk
			x, y = byPath(x), byPath(y)
		}
		for i := range x {
			k.differences(fmt.Sprintf("%s[%d]", path, i), x[i], y[i], found)
		}
	default:
		if us, them := steady(ours), steady(theirs); us != them {
			*found = append(*found, fmt.Sprintf("  %s\n    muster  %s\n    ansible %s", path, us, them))
		}
	}
}

// byPath sorts a list of files, which are paths or have one.
func byPath(files []any) []any {
	pathOf := func(v any) string {
		if file, ok := v.(map[string]any); ok {
			v = file["path"]
		}
		return fmt.Sprint(v)
	}
	return slices.SortedFunc(slices.Values(files), func(a, b any) int { return strings.Compare(pathOf(a), pathOf(b)) })
}

func (k *task) keys(path string, ours, theirs map[string]any, found *[]string) {
	both := maps.Clone(ours)
	maps.Copy(both, theirs)
	bothFailed := failed(ours) && failed(theirs)
	if msg, _ := theirs["msg"].(string); bothFailed && strings.HasPrefix(msg, "MODULE FAILURE") {
		return // a bug of Ansible's module, which ours says in words
	}
	for _, key := range slices.Sorted(maps.Keys(both)) {
		a, weHave := ours[key]
		b, theyHave := theirs[key]
		switch {
		case k.differs[key] || key == "exception" || key == "invocation": // tracebacks of Python, parameters of its modules
		case key == "status": // of a unit: full of times and numbers
			k.sameNames(path+".status", a, b, found)
		case !weHave && bothFailed && ofFiles[key]:
		case !weHave:
			*found = append(*found, fmt.Sprintf("  %s.%s is missing\n    ansible %s", path, key, steady(b)))
		case !theyHave && (k.foresees || ofFiles[key]) && !strings.HasPrefix(key, "_"):
		case !theyHave:
			*found = append(*found, fmt.Sprintf("  %s.%s is not Ansible's\n    muster  %s", path, key, steady(a)))
		case !volatileKeys[key]:
			k.differences(path+"."+key, a, b, found)
		}
	}
}

// sameNames compares the keys of two mappings.
func (k *task) sameNames(path string, ours, theirs any, found *[]string) {
	names := func(v any) any {
		if d, ok := v.(map[string]any); ok {
			return strings.Join(slices.Sorted(maps.Keys(d)), " ")
		}
		return v
	}
	k.differences(path, names(ours), names(theirs), found)
}

// steady writes a value as JSON without what differs from run to run.
func steady(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err.Error()
	}
	text := strings.TrimSpace(b.String())
	for _, volatile := range volatileTexts {
		text = volatile.pattern.ReplaceAllString(text, volatile.instead)
	}
	return once(text)
}
