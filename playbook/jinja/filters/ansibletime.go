package filters

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/value"
)

func ansibleTime() map[string]Func {
	return map[string]Func{
		"to_datetime": Strict("to_datetime(string, format='%Y-%m-%d %H:%M:%S')", func(_ Env, a *value.Args) (any, error) {
			text, format := a.Text("string"), a.Text("format")
			if a.Err() != nil {
				return nil, a.Err()
			}
			return value.Strptime(text, format)
		}),
		"strftime": Strict("strftime(string_format, second=None, utc=False)", strftime),
		"to_uuid":  Strict("to_uuid(string, namespace='361E6D51-FAEC-444A-9079-341386DA8E2E')", toUUID),
	}
}

func strftime(env Env, a *value.Args) (any, error) {
	t := env.Now()
	if second := a.Any("second"); second != nil {
		f, ok := value.Float(second)
		if s, isText := second.(string); isText {
			f, ok = value.ParseFloat(s)
		}
		if !ok || math.IsNaN(f) || math.Abs(f) > 1e14 {
			return nil, errorf("Invalid value for epoch value (%s)", value.Str(second))
		}
		t = time.Unix(int64(math.Floor(f)), 0)
	}
	if a.Bool("utc") {
		t = t.In(time.FixedZone("GMT", 0))
	} else {
		t = t.Local()
	}
	format := a.Text("string_format")
	return value.DateTime{Time: t, Aware: true}.Strftime(format), a.Err()
}

// toUUID is the name's UUID of version 5.
func toUUID(_ Env, a *value.Args) (any, error) {
	namespace := a.Str("namespace")
	clean := strings.NewReplacer("urn:", "", "uuid:", "", "{", "", "}", "", "-", "").Replace(namespace)
	space, err := hex.DecodeString(clean)
	if err != nil || len(space) != 16 {
		return nil, errorf("Invalid value '%s' for 'namespace': badly formed hexadecimal UUID string", namespace)
	}
	sum := sha1.Sum(append(space, a.Str("string")...))
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]), nil
}
