// Package sshconfig reads OpenSSH's client configuration: files with Host, Match and Include, and -o options.
// It answers what applies to one host and knows nothing about connections.
package sshconfig
