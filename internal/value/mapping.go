package value

// Mapping is a mapping whose entries are computed when they are asked for, such as hostvars. Templates use it like a
// Dict: by key, in loops over its keys, and by its methods get, keys, items and values.
type Mapping interface {
	// Item returns the entry of a key; false when there is none.
	Item(key any) (any, bool, error)
	// Iterate returns the keys.
	Iterate() ([]any, error)
	// Len returns the number of entries.
	Len() int
}
