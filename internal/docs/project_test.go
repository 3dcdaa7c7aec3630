package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	goTest     = regexp.MustCompile(`(?m)^go test (.*)`)
	benchFlag  = regexp.MustCompile(`-bench ([\w.]+)`)
	makeTarget = regexp.MustCompile(`(?m)^make ([a-z0-9-]+)`)
	scriptName = regexp.MustCompile(`(?m)(?:^|[= ])((?:bench|lab)/[a-z]+) `)
)

// TestPagesNameWhatIsThere: the benchmarks, packages, targets of make and scripts that pages name as a way to repeat something exist.
func TestPagesNameWhatIsThere(t *testing.T) {
	top, pages := projectPages(t)
	makefile, err := os.ReadFile(filepath.Join(top, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, p := range pages {
		var said []string // one command a line
		for _, b := range p.Blocks {
			if b.Lang == "sh" {
				said = append(said, b.Text)
			}
		}
		for _, span := range codeSpan.FindAllString(p.prose(), -1) {
			said = append(said, strings.Trim(span, "`"))
		}
		text := strings.Join(said, "\n")
		for _, m := range goTest.FindAllStringSubmatch(text, -1) {
			seen++
			if wrong := missingTests(top, m[1]); wrong != "" {
				t.Errorf("%s: go test %s: %s", p.Path, m[1], wrong)
			}
		}
		for _, m := range makeTarget.FindAllStringSubmatch(text, -1) {
			seen++
			if !strings.Contains(string(makefile), "\n"+m[1]+":") {
				t.Errorf("%s: make has no target %s", p.Path, m[1])
			}
		}
		for _, m := range scriptName.FindAllStringSubmatch(text, -1) {
			seen++
			if st, err := os.Stat(filepath.Join(top, m[1])); err != nil || st.Mode()&0o111 == 0 {
				t.Errorf("%s: there is no script %s", p.Path, m[1])
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d were found", seen)
	}
}

// missingTests says what the arguments of go test name in vain: packages, or benchmarks of a package.
func missingTests(top, args string) string {
	bench := benchFlag.FindStringSubmatch(args)
	for word := range strings.FieldsSeq(args) {
		if !strings.HasPrefix(word, "./") || strings.HasSuffix(word, "...") {
			continue
		}
		files, err := filepath.Glob(filepath.Join(top, word, "*_test.go"))
		if err != nil || len(files) == 0 {
			return word + " has no tests"
		}
		if bench != nil && !anyBenchmark(files, bench[1]) {
			return word + " has no such benchmark"
		}
	}
	return ""
}

func anyBenchmark(files []string, name string) bool {
	wanted := regexp.MustCompile(`(?m)^func Benchmark\w*` + name)
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil && wanted.Match(text) {
			return true
		}
	}
	return false
}
