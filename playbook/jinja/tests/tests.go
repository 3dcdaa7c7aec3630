// Package tests holds the tests of Jinja2 and of Ansible: what may follow "is".
package tests

import "github.com/musterhq/muster/playbook/jinja/filters"

// All returns every test under each of its names. A test answers with a bool.
func All() map[string]filters.Func { return map[string]filters.Func{} }
