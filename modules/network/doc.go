// Package network holds the modules that talk over the network or wait for it, and those that look names up: get_url,
// uri, wait_for, ping and getent.
package network
