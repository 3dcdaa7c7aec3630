package tree

import (
	"context"
	"strings"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

const labelAttribute = "security.selinux"

// SELinux reports whether the machine runs with SELinux.
func SELinux(r sys.Reader) bool {
	_, err := r.Lstat("/sys/fs/selinux/enforce")
	return err == nil
}

func readLabel(r sys.Reader, path string) string {
	b, err := r.Xattr(path, labelAttribute)
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(b), "\x00")
}

// defaultContext asks the policy for the context of a path.
func defaultContext(ctx context.Context, r sys.Reader, path string) []string {
	out, err := r.Query(ctx, sys.Command{Argv: []string{"matchpathcon", "-n", path}, Timeout: 20 * time.Second})
	if err != nil || out.Code != 0 {
		return nil
	}
	return strings.SplitN(strings.TrimSpace(string(out.Stdout)), ":", 4)
}

// label returns the context that the parameters make of the present one.
func (a Attrs) label(now string, policy []string) string {
	parts := strings.SplitN(now, ":", 4)
	for len(parts) < 4 {
		parts = append(parts, "")
	}
	for i, want := range []*string{a.SEUser, a.SERole, a.SEType, a.SELevel} {
		switch {
		case want == nil:
		case *want != "_default":
			parts[i] = *want
		case i < len(policy):
			parts[i] = policy[i]
		}
	}
	return strings.TrimRight(strings.Join(parts, ":"), ":")
}
