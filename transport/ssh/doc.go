// Package ssh connects to hosts by SSH: it reads OpenSSH's configuration, checks host keys, authenticates, goes
// through jump hosts, and says in one line why a host cannot be reached. It needs no ssh program.
package ssh
