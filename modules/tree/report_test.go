package tree

import "testing"

func TestDiffNamesNoMadeUpNumber(t *testing.T) {
	from := Node{Path: "/d", Kind: Directory, Perm: 0o755}
	to := from
	to.UID, to.GID = unknownID, 7
	before, after := AttributeDiff(from, to)
	if before["owner"] != 0 || after["owner"] != "a new account" || after["group"] != 7 {
		t.Errorf("%v to %v", before, after)
	}
}
