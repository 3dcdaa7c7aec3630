package certificates

import (
	_ "embed"
	"encoding/asn1"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// objectList names object identifiers, one a line: the identifier, then its names as OpenSSL has them, long ones first.
//
//go:embed objects.txt
var objectList string

// objectNames are the names by identifier and the identifiers by name.
type objectNames struct {
	names map[string][]string
	ids   map[string]string
}

var objects = sync.OnceValue(func() objectNames {
	o := objectNames{names: map[string][]string{}, ids: map[string]string{}}
	for line := range strings.Lines(objectList) {
		id, names, _ := strings.Cut(strings.TrimSpace(line), " ")
		o.names[id] = strings.Split(names, "|")
		for _, name := range o.names[id] {
			o.ids[name] = id
		}
	}
	o.ids["userID"] = o.ids["userId"]
	return o
})

var dotted = regexp.MustCompile(`^\d+(?:\.\d+)+$`)

// objectID finds the identifier of a name, or of itself in dotted form.
func objectID(name string) (asn1.ObjectIdentifier, error) {
	id, ok := objects().ids[name]
	if !ok {
		id = name
	}
	parsed, valid := parseObjectID(id)
	if !valid {
		return nil, fmt.Errorf("Cannot find OID for %q", name) //nolint:staticcheck // the words users know
	}
	return parsed, nil
}

func parseObjectID(text string) (asn1.ObjectIdentifier, bool) {
	if !dotted.MatchString(text) {
		return nil, false
	}
	var id asn1.ObjectIdentifier
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		id = append(id, n)
	}
	return id, true
}

// longName and shortName name an identifier; one without a name names itself.
func longName(id asn1.ObjectIdentifier) string {
	if names := objects().names[id.String()]; names != nil {
		return names[0]
	}
	return id.String()
}

func shortName(id asn1.ObjectIdentifier) string {
	if names := objects().names[id.String()]; names != nil {
		return names[len(names)-1]
	}
	return id.String()
}
