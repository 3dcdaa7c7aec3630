// Package hostkeys reads and extends OpenSSH's known_hosts files: which keys are known, trusted as authorities, or
// revoked for a host, and in which line. It decides nothing; transport/ssh does.
package hostkeys
