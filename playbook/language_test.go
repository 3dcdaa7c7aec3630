package playbook

import (
	"os"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
)

// TestLanguagePage compares the tables of docs/language.md with what the loader knows, so that neither can be forgotten.
func TestLanguagePage(t *testing.T) {
	text, err := os.ReadFile("../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	documented := map[string]level{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([PRBTH]+) \\|").FindAllStringSubmatch(page, -1) {
		if _, twice := documented[m[1]]; twice {
			t.Errorf("%s is listed twice", m[1])
		}
		documented[m[1]] = placesOf(m[2])
	}
	for name, at := range keywords {
		if got, ok := documented[name]; !ok || got != at {
			t.Errorf("the page has %q for %s, the loader %q", letters(got), name, letters(at))
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("the page has the keyword %s, which the loader does not know", name)
	}
	compareTable(t, page, "in `loop_control`", loopControls())
	compareTable(t, page, "of `include_role` and `import_role`", slices.DeleteFunc(slices.Clone(roleOptions), func(o string) bool { return o == "role" }))
}

// compareTable compares the first column of a table with what the loader knows.
func compareTable(t *testing.T, page, head string, want []string) {
	t.Helper()
	_, table, ok := strings.Cut(page, "| "+head+" | meaning |\n|---|---|\n")
	if !ok {
		t.Fatalf("there is no table %q", head)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var got []string
	for _, row := range strings.Split(table, "\n") {
		got = append(got, strings.Trim(strings.Split(row, "|")[1], " `"))
	}
	sort.Strings(got)
	want = slices.Clone(want)
	sort.Strings(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the page has %v, the loader %v", head, got, want)
	}
}

const levelLetters = "PRBTH"

func placesOf(marks string) (at level) {
	for i, c := range levelLetters {
		if strings.ContainsRune(marks, c) {
			at |= onPlay << i
		}
	}
	return at
}

func letters(at level) (marks string) {
	for i, c := range levelLetters {
		if at&(onPlay<<i) != 0 {
			marks += string(c)
		}
	}
	return marks
}
