// Package databases holds the modules that manage database servers over their own protocols: nothing but the server has to
// be on the host, neither a client nor a library of some language.
package databases
