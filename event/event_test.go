package event_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// TestEveryTypeIsPublic: what a run may say can be named outside of the project.
func TestEveryTypeIsPublic(t *testing.T) {
	src, err := os.ReadFile("event.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir("../internal/event")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), "../internal/event/"+f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && s.Name.IsExported() && !strings.Contains(string(src), "= event."+s.Name.Name+"\n") {
				t.Errorf("event.%s is missing", s.Name.Name)
			}
			return true
		})
	}
}
