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
