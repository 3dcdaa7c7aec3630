package files

import (
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/tree"
)

// fileTimestamps are the times that file sets; 0 leaves alone.
type fileTimestamps struct{ atime, mtime int64 }

func (t fileTimestamps) set(n *tree.Node) {
	if t.atime != 0 {
		n.Atime = t.atime
	}
	if t.mtime != 0 {
		n.Mtime = t.mtime
	}
}

func fileTimes(p fileParams, now fileState) (t fileTimestamps, err error) {
	if t.mtime, err = oneTime(p.ModTime, p.ModForm, now); err != nil {
		return t, err
	}
	t.atime, err = oneTime(p.AccTime, p.AccForm, now)
	return t, err
}

// oneTime reads preserve, now or a formatted time; absent means now for touch and preserve otherwise.
func oneTime(text *string, format string, now fileState) (int64, error) {
	switch {
	case text == nil && now.Do == "touch" || text != nil && *text == "now":
		return now.Clock.UnixNano(), nil
	case text == nil || *text == "preserve":
		return 0, nil
	}
	t, err := strptime(*text, format)
	if err != nil {
		return 0, modules.Fail(nil, "Error while obtaining timestamp for time %s using format %s: %v", *text, format, err)
	}
	return t.UnixNano(), nil
}
