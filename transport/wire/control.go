package wire

// Protocol is the version both sides must share. A runner's path contains its build's digest, so a difference
// means that the host runs something else than what was installed.
const Protocol = 1

// Hello is the first frame in each direction, right after Magic. The runner speaks first.
type Hello struct {
	Protocol int    `cbor:"1,keyasint"`
	Version  string `cbor:"2,keyasint,omitempty"` // muster's version
	PID      int    `cbor:"3,keyasint,omitempty"`
	UID      int    `cbor:"4,keyasint"`
	User     string `cbor:"5,keyasint,omitempty"`
	Home     string `cbor:"6,keyasint,omitempty"`
	// Env restores variables that the starting side changed to read messages in English; an empty value unsets.
	Env map[string]string `cbor:"7,keyasint,omitempty"`
	// Heartbeat is how many milliseconds of silence mean that the other side is gone; 0 is never.
	Heartbeat int64 `cbor:"8,keyasint,omitempty"`
}

// ContentNeed opens a stream of content for the running request ID, or lets an open one send Credit bytes more.
// The controller never sends more than was credited, so a slow module holds up nothing but itself.
type ContentNeed struct {
	ID     uint64 `cbor:"1,keyasint"`
	SHA256 string `cbor:"2,keyasint"`
	Stream uint64 `cbor:"3,keyasint"`           // chosen by the runner, one for each opened content
	Credit int64  `cbor:"4,keyasint,omitempty"` // bytes
	Close  bool   `cbor:"5,keyasint,omitempty"` // the runner has read enough
}

// ContentChunk carries at most ChunkSize bytes.
type ContentChunk struct {
	ID     uint64 `cbor:"1,keyasint"`
	Stream uint64 `cbor:"2,keyasint"`
	Data   []byte `cbor:"3,keyasint,omitempty"`
	EOF    bool   `cbor:"4,keyasint,omitempty"`
	Err    string `cbor:"5,keyasint,omitempty"` // why the content could not be read; ends the stream
}

// Cancel ends a running request; its commands are killed and its Response with Done still comes.
type Cancel struct {
	ID uint64 `cbor:"1,keyasint"`
}

// Ping asks for a Pong with the same number.
type Ping struct {
	N uint64 `cbor:"1,keyasint"`
}
