package value

import (
	"testing"
	"time"
)

// TestMain runs the tests where the recorded answers were given: in UTC.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	m.Run()
}
