// Package journal is a host's memory of what muster changed: the former state of everything that is about to change,
// durable before the change happens, so that it can be taken back at once or days later, and so that a crash at any moment
// leaves something that the next contact finishes or reverts.
//
// A journal is a folder that only its user can read:
//
//	open/RUN~WRITER       logs that a runner writes to, or wrote to when it died
//	runs/RUN/WRITER.log   logs that were finished
//	runs/RUN/blobs/SHA256 contents that are too large for a log
//	armed/TOKEN           watchdogs of confirm-or-revert
//
// Each process writes a log of its own and holds an flock on it for as long as it lives, so that a log in open/ without a
// lock belongs to a process that died. Logs are only appended to; what reads them puts the logs of a run together.
package journal
