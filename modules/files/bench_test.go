package files

import (
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// BenchmarkUnchangedFile is the task that runs most: a file that is as it should be.
func BenchmarkUnchangedFile(b *testing.B) {
	dir := b.TempDir()
	s := sys.Real()
	m := File()
	a := args{"path": dir, "state": "directory", "mode": "0755", "owner": "root", "group": "root"}
	m.Run(b.Context(), &modules.Call{Sys: s, Args: a})
	b.ReportAllocs()
	for b.Loop() {
		if res := m.Run(b.Context(), &modules.Call{Sys: s, Args: a}); res.Changed() || res.Failed() {
			b.Fatal(res)
		}
	}
}

// BenchmarkUnchangedCopy reads and digests a small file.
func BenchmarkUnchangedCopy(b *testing.B) {
	dir := b.TempDir()
	s := sys.Real()
	m := Copy()
	content := []byte("some configuration\n")
	a := args{"dest": dir + "/f", "_content": modulestest.Ref(content), "mode": "0644"}
	c := func() *modules.Call {
		return &modules.Call{Sys: s, Args: a, Content: modulestest.Contents(content)}
	}
	m.Run(b.Context(), c())
	b.ReportAllocs()
	for b.Loop() {
		if res := m.Run(b.Context(), c()); res.Changed() || res.Failed() {
			b.Fatal(res)
		}
	}
}
