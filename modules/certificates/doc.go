// Package certificates holds the modules for keys and certificates of TLS: private and public keys, signing requests,
// certificates, and what can be said of each. They need nothing on the host, neither openssl nor a library of some language.
package certificates
