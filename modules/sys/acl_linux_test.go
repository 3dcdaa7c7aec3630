package sys_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

// TestWriteFileKeepsAccessList replaces a file that somebody gave another user access to.
func TestWriteFileKeepsAccessList(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := sys.Real()
	var acl bytes.Buffer
	for _, field := range []any{
		uint32(2),
		uint16(0x01), uint16(6), uint32(0xffffffff), // the owner
		uint16(0x02), uint16(7), uint32(65534), // a user
		uint16(0x04), uint16(4), uint32(0xffffffff), // the group
		uint16(0x10), uint16(7), uint32(0xffffffff), // the mask
		uint16(0x20), uint16(4), uint32(0xffffffff), // others
	} {
		if err := binary.Write(&acl, binary.LittleEndian, field); err != nil {
			t.Fatal(err)
		}
	}
	const list = "system.posix_acl_access"
	if err := s.SetXattr(file, list, acl.Bytes()); err != nil {
		t.Fatal(err)
	}
	for _, perm := range []uint32{0o674, 0o640} {
		if err := s.WriteFile(file, strings.NewReader("new"), sys.WriteOptions{Perm: perm, UID: -1, GID: -1}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Xattr(file, list)
		if err != nil || !bytes.Contains(got, acl.Bytes()[12:20]) {
			t.Errorf("mode %o: the access list is gone: %x, %v", perm, got, err)
		}
		if st, err := s.Stat(file); err != nil || st.Perm != perm {
			t.Errorf("mode %o, %v, want %o", st.Perm, err, perm)
		}
	}
}
