package tests

import "github.com/musterhq/muster/playbook/jinja/filters"

// networks are the tests of ansible.utils.
func networks() map[string]filters.Func { return map[string]filters.Func{} }
