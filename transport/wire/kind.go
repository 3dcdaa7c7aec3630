package wire

// What Response.Kind holds: the kinds of transport.Error that a runner can report. The runner cannot import
// package transport; a test there keeps both lists equal.
const (
	KindBecomeWrong   = "become-wrong-password"
	KindBecomeMissing = "become-missing-password"
	KindBecome        = "become"
	KindNoPlace       = "no-place"
	KindDiskFull      = "disk-full"
	KindRunner        = "runner"
)

// KindElsewhere is the answer of a slim runner to an item that needs what only a full one has; Index says which. The controller sends
// the rest of the request to a full runner. It is no failure and no kind of transport.Error.
const KindElsewhere = "elsewhere"
