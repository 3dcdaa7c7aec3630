package layers

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoHiddenState refuses what runs or changes behind a reader's back: init functions, and variables of packages that
// code assigns to, increments or takes the address of. Tests are asked, too.
func TestNoHiddenState(t *testing.T) {
	fset := token.NewFileSet()
	for _, files := range sources(t, fset) {
		for _, complaint := range hiddenState(fset, files) {
			t.Error(complaint)
		}
	}
}

// TestHiddenStateIsFound shows TestNoHiddenState what it looks for.
func TestHiddenStateIsFound(t *testing.T) {
	const head = "package p\nimport \"sync\"\nvar n int\nvar m = map[string]int{}\nvar s struct{ f []int }\n"
	for text, bad := range map[string]bool{
		"func f() int { return n + m[``] + s.f[0] }":         false,
		"func f() { n := 1; n = 2; n++; _ = &n }":            false,
		"func f(n int) { n = 2 }":                            false,
		"func (x T) init() {}; type T struct{}":              false,
		"var once = sync.OnceValue(func() int { return 1 })": false,
		"func init() {}":                                     true,
		"func f() { n = 2 }":                                 true,
		"func f() { n++ }":                                   true,
		"func f() { m[`a`] = 1 }":                            true,
		"func f() { delete(m, `a`) }":                        true,
		"func f() { clear(m) }":                              true,
		"func f() { s.f[0] = 1 }":                            true,
		"func f() *int { return &n }":                        true,
		"func f() { for n = range 3 {} }":                    true,
		"var mu sync.Mutex":                                  true,
		"var seen sync.Map":                                  true,
		"var count atomic.Int64":                             true,
	} {
		fset := token.NewFileSet()
		one := parse(t, fset, "one.go", head)
		two := parse(t, fset, "two.go", "package p\nimport (\"sync\"; \"sync/atomic\")\n"+text)
		if got := hiddenState(fset, []*ast.File{one, two}); bad != (len(got) > 0) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// sources are the files of each package and of its tests, by folder and name of the package.
func sources(t *testing.T, fset *token.FileSet) map[string][]*ast.File {
	t.Helper()
	all := map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".go"):
			f := parse(t, fset, path, nil)
			key := filepath.Dir(path) + " " + f.Name.Name
			all[key] = append(all[key], f)
		}
		return nil
	})
	if err != nil || len(all) < 10 {
		t.Fatalf("%d packages: %v", len(all), err)
	}
	return all
}

func parse(t *testing.T, fset *token.FileSet, path string, text any) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(fset, path, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// hiddenState looks at the files of one package.
func hiddenState(fset *token.FileSet, files []*ast.File) (complaints []string) {
	globals := map[string]*ast.ValueSpec{}
	complain := func(n ast.Node, format string, args ...any) {
		complaints = append(complaints, fset.Position(n.Pos()).String()+": "+fmt.Sprintf(format, args...))
	}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					complain(d, "init runs without being called")
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR {
						for _, name := range v.Names {
							globals[name.Name] = v
						}
						if made(v) {
							complain(v, "%s is made to change, and the whole program shares it", v.Names[0].Name)
						}
					}
				}
			}
		}
	}
	delete(globals, "_")
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			for _, target := range changed(n) {
				id := base(target)
				if id == nil || globals[id.Name] == nil || id.Obj != nil && id.Obj.Decl != globals[id.Name] {
					continue // id.Obj is nil for what another file declares
				}
				complain(target, "%s is a variable of the package and changes", id.Name)
			}
			return true
		})
	}
	return complaints
}

// made reports variables whose type has no other use than changing: locks, concurrent maps, atomic numbers. A sync.Pool holds
// nothing that anybody can tell from new.
func made(v *ast.ValueSpec) bool {
	sel, ok := v.Type.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := sel.X.(*ast.Ident)
	return ok && (from.Name == "atomic" || from.Name == "sync" && sel.Sel.Name != "Pool")
}

// changed are the expressions that a node assigns to or lets others assign to.
func changed(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") && len(n.Args) > 0 {
			return n.Args[:1]
		}
	}
	return nil
}

// base is the variable at the left of x.f[i], nil when there is none.
func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}
