package secret

import "strings"

// words in the name of a parameter or variable say that its value is a secret.
var words = []string{"pass", "pwd", "secret", "token", "credential", "apikey", "api_key", "access_key", "private_key"}

// Sounds reports whether a name says that what it names is a secret.
func Sounds(name string) bool {
	name = strings.ToLower(name)
	for _, w := range words {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}
