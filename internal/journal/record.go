package journal

import (
	"encoding/json"
	"time"
)

// The kinds of records in a log.
const (
	kindHeader    byte = 'h'
	kindContent   byte = 'c' // 32 bytes of SHA-256, then the content
	kindBefore    byte = 'b'
	kindAfter     byte = 'a'
	kindRecovered byte = 'r'
	kindUndoing   byte = 'u'
	kindUndone    byte = 'd'
	kindFolder    byte = 'f'
)

// header is the first record of a log.
type header struct {
	Run    string    `json:"run"`
	Writer string    `json:"writer"`
	User   string    `json:"user"`
	Holder string    `json:"holder,omitempty"`
	PID    int       `json:"pid"`
	Time   time.Time `json:"time"`
}

// before opens an entry. Its number counts within the log.
type before struct {
	N      int             `json:"n"`
	Time   time.Time       `json:"time"`
	Play   int             `json:"play,omitempty"`
	Batch  int             `json:"batch,omitempty"`
	Task   int             `json:"task,omitempty"`
	Name   string          `json:"name,omitempty"`
	Module string          `json:"module"`
	Undo   string          `json:"undo"`
	Token  string          `json:"token,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	From   json.RawMessage `json:"from,omitempty"`
	To     json.RawMessage `json:"to,omitempty"`
}

// note reports an entry that only says that something happened.
func (b *before) note() bool { return b.From == nil && b.To == nil }

// after closes an entry of the same log.
type after struct {
	N    int             `json:"n"`
	Time time.Time       `json:"time"`
	Post json.RawMessage `json:"post,omitempty"` // nil: nothing changed after all
}

// verdict is about an entry of any log, by its id: how recovery closed it, that its undo starts, how its undo ended.
type verdict struct {
	ID    string          `json:"id"`
	Time  time.Time       `json:"time"`
	State string          `json:"state,omitempty"`
	Post  json.RawMessage `json:"post,omitempty"`
	Msg   string          `json:"msg,omitempty"`
}
