// Package ssh connects to hosts by SSH: it reads OpenSSH's configuration, checks host keys, authenticates, goes
// through jump hosts, and says in one line why a host cannot be reached. It needs no ssh program.
//
// What is set where: the target's FirstArgs win, then its own port, user and key file, then its SSHArgs, then its policy on host keys, then
// ~/.ssh/config, then /etc/ssh/ssh_config. An argument that cannot be honoured is an error; multiplexing, terminals,
// logging and compression are accepted and without effect. In files, options for other uses of ssh are passed over.
//
// It departs from OpenSSH in these points. Key files that were named are tried before the agent's other keys, and the
// agent is asked only when they were refused. A given password is sent once, not by each method again. Nobody is asked
// for the password of a host unless the configuration names a method that asks. With accept-new, a host whose keys of
// another type are known is no new host. With checking off nothing is written to known_hosts. A connection to a jump
// host is shared by all hosts behind it, and the policy on host keys holds for it too. Keepalives are on.
package ssh
