package tree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// InvalidError says that the command of the parameter validate refused the new content; nothing was replaced.
type InvalidError struct {
	Command string
	Code    int
	Stdout  string
	Stderr  string
}

// Error returns the message of copy and template.
func (e *InvalidError) Error() string { return "failed to validate" }

// writeChecked writes the content to a private file, has the command look at it and then puts it in place.
func (c Change) writeChecked(ctx context.Context, s sys.System, to Node, content io.Reader, o sys.WriteOptions) (err error) {
	temp, err := s.TempFile("", "muster-validate-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Remove(temp)) }()
	check := o
	check.Unsafe = false
	if err := s.WriteFile(temp, content, check); err != nil {
		return err
	}
	if err := Check(ctx, s, c.Validate, temp); err != nil {
		return err
	}
	valid, err := s.Open(temp)
	if err != nil {
		return err
	}
	defer valid.Close()
	return writeError(to.Path, s.WriteFile(to.Path, valid, o))
}

// Check runs a validation command on a file.
func Check(ctx context.Context, s sys.System, command, file string) error {
	if !strings.Contains(command, "%s") {
		return fmt.Errorf("validate must contain %%s: %s", command)
	}
	argv, err := SplitWords(strings.ReplaceAll(command, "%s", file))
	if err != nil {
		return fmt.Errorf("validate: %w", err)
	}
	out, err := s.Run(ctx, sys.Command{Argv: argv})
	var notFound *exec.Error
	if errors.As(err, &notFound) {
		return &InvalidError{Command: command, Code: 2, Stderr: notFound.Error()}
	}
	if err != nil {
		return fmt.Errorf("validate: %w", err)
	}
	if out.Code != 0 {
		return &InvalidError{Command: command, Code: out.Code, Stdout: string(out.Stdout), Stderr: string(out.Stderr)}
	}
	return nil
}

// SplitWords splits a command line as a POSIX shell does, without expanding anything.
func SplitWords(s string) ([]string, error) {
	var words []string
	var b strings.Builder
	inWord := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r':
			if inWord {
				words, inWord = append(words, b.String()), false
				b.Reset()
			}
		case '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				return nil, errors.New("no closing quotation")
			}
			b.WriteString(s[i+1 : i+1+end])
			i, inWord = i+1+end, true
		case '"':
			n, err := doubleQuoted(&b, s[i+1:])
			if err != nil {
				return nil, err
			}
			i, inWord = i+n, true
		case '\\':
			if i+1 == len(s) {
				return nil, errors.New("no escaped character")
			}
			i++
			b.WriteByte(s[i])
			inWord = true
		default:
			b.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, b.String())
	}
	return words, nil
}

// doubleQuoted reads up to the closing quote and returns how many bytes it took, the quote included.
func doubleQuoted(b *strings.Builder, s string) (int, error) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return i + 1, nil
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return 0, errors.New("no closing quotation")
}
