package tree

import (
	"encoding/json"
	"unicode/utf8"
)

// plainNode is a Node without methods, for encoding/json.
type plainNode Node

// rawNames carries names that are no UTF-8, which JSON's texts cannot hold.
type rawNames struct {
	plainNode
	RawPath   []byte `json:",omitempty"`
	RawTarget []byte `json:",omitempty"`
	RawHardOf []byte `json:",omitempty"`
}

// MarshalJSON writes the node; names that are no UTF-8 survive.
func (n Node) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(n.Path) && utf8.ValidString(n.Target) && utf8.ValidString(n.HardOf) {
		return json.Marshal(plainNode(n))
	}
	raw := rawNames{plainNode: plainNode(n), RawPath: []byte(n.Path), RawTarget: []byte(n.Target), RawHardOf: []byte(n.HardOf)}
	return json.Marshal(raw)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Node) UnmarshalJSON(b []byte) error {
	var raw rawNames
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*n = Node(raw.plainNode)
	if len(raw.RawPath) > 0 {
		n.Path, n.Target, n.HardOf = string(raw.RawPath), string(raw.RawTarget), string(raw.RawHardOf)
	}
	return nil
}
