// Package zst reads Zstandard streams. The slim runner is built without them (tag slim): few archives are of that kind,
// and the decoder is large.
package zst
