package lookup

import (
	"os"
	"path/filepath"
	"strings"
)

// netrcLogin returns the login that the user's netrc has for a host.
func netrcLogin(host string) (user, password string) {
	path := os.Getenv("NETRC")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", ""
		}
		path = filepath.Join(home, ".netrc")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", ""
	}
	return parseNetrc(string(content), host)
}

// parseNetrc finds a host's entry, or the default one, among machine, login and password words.
func parseNetrc(text, host string) (user, password string) {
	words := strings.Fields(text)
	matches := false
	for i := 0; i < len(words); i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch words[i] {
		case "machine":
			if matches {
				return user, password
			}
			matches = next == host
			i++
		case "default":
			if matches {
				return user, password
			}
			matches = true
		case "login":
			if matches {
				user = next
			}
			i++
		case "password":
			if matches {
				password = next
			}
			i++
		case "account", "macdef":
			i++
		}
	}
	if !matches {
		return "", ""
	}
	return user, password
}
