// Package differential compares muster with the ansible-core of this machine on texts that are made at random: expressions,
// conditions, templates and template files. It holds tests only:
//
//   - grammar_test.go and templates_test.go make cases; a seed and a number make the same cases everywhere;
//   - reference_test.go asks Ansible's templar, and muster_test.go muster;
//   - reasons_test.go is the written list of differences that are accepted, each with a narrow matcher and the reason;
//   - minimise_test.go makes a case that differs as small as it gets before it is shown.
//
// A difference outside of the list fails the test. Where there is no ansible-core the test says NOT RUN.
package differential
