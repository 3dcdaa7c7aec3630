// Package simhost is an SSH server that lives in this process: hosts for tests, benchmarks and the demo.
//
// A server has its own host key, listens on loopback (or only in memory), lets in whom Options name, hands commands to
// a Handler and files to an SFTP subsystem that cannot leave its root folder. Switches provoke the failures that real
// servers show. A server started with the zero Options lets nobody in.
package simhost
