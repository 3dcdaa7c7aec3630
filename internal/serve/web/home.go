package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"time"
)

// hostName is what a host may be called that phones home: nothing that means something in a pattern of hosts.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$`)

// checkHome makes sure that a token is in the file of tokens, is in its time, and may name the host. Each line of the file
// is the SHA-256 of a token in hexadecimal, a pattern of host names (* and ?), and when the token ends: 2027-01-31 or
// RFC 3339. Lines that are empty or start with # do not count.
func checkHome(file, token, host string, now time.Time) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(token))
	digest := hex.EncodeToString(sum[:])
	for i, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 3 {
			return fmt.Errorf("%s:%d: a line is a digest, a pattern of hosts and an end", file, i+1)
		}
		if subtle.ConstantTimeCompare([]byte(strings.ToLower(fields[0])), []byte(digest)) != 1 {
			continue
		}
		end, err := endOf(fields[2])
		if err != nil {
			return fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		if !now.Before(end) {
			return failure{http.StatusUnauthorized, "the token has expired"}
		}
		fits, err := path.Match(fields[1], host)
		if err != nil {
			return fmt.Errorf("%s:%d: the pattern %q: %w", file, i+1, fields[1], err)
		}
		if !hostName.MatchString(host) || !fits {
			return failure{http.StatusForbidden, fmt.Sprintf("the token is not for a host %q", host)}
		}
		return nil
	}
	return failure{http.StatusUnauthorized, "the token is not known"}
}

func endOf(text string) (time.Time, error) {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no day; write it as 2027-01-31", text)
}
