package wire

import (
	"fmt"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// The bounds of what a peer may send; a frame beyond them ends the connection.
const (
	MaxFrame  = 64 << 20  // bytes of one frame's payload
	ChunkSize = 256 << 10 // bytes of one ContentChunk

	maxDepth    = 128
	maxElements = 1 << 20
	maxPairs    = 1 << 18
)

// codec holds the two modes; both are immutable and safe for concurrent use.
type codec struct {
	enc cbor.UserBufferEncMode
	dec cbor.DecMode
}

// modes never changes after the package is loaded. Its options are constants, so its making cannot fail at run time.
var modes = newCodec()

func newCodec() codec {
	enc, err := cbor.EncOptions{
		Sort:          cbor.SortNone,
		NilContainers: cbor.NilContainerAsEmpty, // a module's nil slice is an empty list, as its reader expects
	}.UserBufferEncMode()
	if err != nil {
		panic("wire: encoder options: " + err.Error())
	}
	dec, err := cbor.DecOptions{
		MaxNestedLevels:  maxDepth,
		MaxArrayElements: maxElements,
		MaxMapPairs:      maxPairs,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		IntDec:           cbor.IntDecConvertNone,
		UTF8:             cbor.UTF8DecodeInvalid, // commands print bytes that are no UTF-8
		DefaultMapType:   reflect.TypeFor[map[string]any](),
	}.DecMode()
	if err != nil {
		panic("wire: decoder options: " + err.Error())
	}
	return codec{enc: enc, dec: dec}
}

// Message is what a frame can carry.
type Message interface {
	Hello | Request | Response | ContentNeed | ContentChunk | Cancel | Ping
}

// Decode reads a frame's payload. Integers inside free values come out as int64, or uint64 above its range;
// maps as map[string]any, lists as []any. The result shares no memory with payload.
func Decode[M Message](payload []byte) (*M, error) {
	m := new(M)
	if err := modes.dec.Unmarshal(payload, m); err != nil {
		return nil, fmt.Errorf("decode %T: %w", *m, err)
	}
	switch m := any(m).(type) {
	case *Request:
		for i := range m.Items {
			signMap(m.Items[i].Args)
		}
	case *Response:
		signMap(m.Result)
	}
	return m, nil
}

// Peek is what a relay needs of any message: whose it is, and whether it is the last one.
type Peek struct {
	ID   uint64 `cbor:"1,keyasint"`
	Done bool   `cbor:"4,keyasint,omitempty"`
}

// PeekResponse reads the ID and Done of a Response without building its result.
func PeekResponse(payload []byte) (Peek, error) {
	var p Peek
	if err := modes.dec.Unmarshal(payload, &p); err != nil {
		return Peek{}, fmt.Errorf("decode response: %w", err)
	}
	return p, nil
}

// PeekID reads the ID of any message that has one.
func PeekID(payload []byte) (uint64, error) {
	var p struct {
		ID uint64 `cbor:"1,keyasint"`
	}
	if err := modes.dec.Unmarshal(payload, &p); err != nil {
		return 0, fmt.Errorf("decode message id: %w", err)
	}
	return p.ID, nil
}
