//go:build slim

package all

import "github.com/musterhq/muster/modules"

// Slim says whether this program was built without the rare modules.
const Slim = true

// rare is empty in a slim runner, which says of names that it does not know that they belong elsewhere.
func rare() []modules.Module { return nil }
