package certificates

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// opened is something that was read, or why it could not be: what is made of it may not need it.
type opened[T any] struct {
	v   T
	err error
}

func (o opened[T]) get() (T, error) { return o.v, o.err }

// source reads a text that is given, or else the file at a path.
func source(r sys.Reader, file, text *string) ([]byte, error) {
	switch {
	case text != nil:
		return []byte(*text), nil
	case file == nil:
		return nil, nil
	}
	data, err := r.ReadFile(*file)
	if err != nil {
		return nil, readError(*file, err)
	}
	return data, nil
}

// readError says in Python's words why a file cannot be read.
func readError(file string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return modules.Fail(nil, "[Errno 2] No such file or directory: '%s'", file)
	case errors.Is(err, fs.ErrPermission):
		return modules.Fail(nil, "[Errno 13] Permission denied: '%s'", file)
	}
	return err
}

// keySource are the parameters of modules that sign with a private key.
type keySource struct {
	KeyPath       *string `param:"privatekey_path" type:"path" doc:"File of the private key."`
	KeyContent    *string `param:"privatekey_content,secret" doc:"The private key itself."`
	KeyPassphrase *string `param:"privatekey_passphrase,secret" doc:"What protects the private key."`
}

// openKey reads a private key from a file or a text.
func openKey(r sys.Reader, file, text, passphrase *string) opened[privateKey] {
	data, err := source(r, file, text)
	if err != nil {
		return opened[privateKey]{err: err}
	}
	key, err := parsePrivateKey(data, passphrase)
	if err != nil && file != nil {
		err = modules.Fail(nil, "%s", err) // the words stay as they are
	}
	return opened[privateKey]{v: key, err: err}
}

func exists(r sys.Reader, file string) bool {
	_, err := r.Stat(file)
	return err == nil
}

// orNull is a path for a result.
func orNull(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

// infoSource are the parameters of modules that describe something.
type infoSource struct {
	Path *string `param:"path" type:"path" doc:"The file to look at."`
	backendParams
}

// infoRules are those of modules that take a path or a content.
func infoRules() modules.Rules {
	return modules.Rules{OneOf: [][]string{{"path", "content"}}, Exclusive: [][]string{{"path", "content"}}}
}

// infoContent reads what is to be described.
func infoContent(r sys.Reader, what string, file, text *string, res modules.Result) ([]byte, error) {
	data, err := source(r, file, text)
	if err != nil {
		return nil, modules.Fail(res, "Error while reading %s file from disk: %s", what, err)
	}
	return data, nil
}

// failure keeps the words of an error for a result with keys of its own.
func failure(res modules.Result, err error) error { return modules.Fail(res, "%s", fmt.Sprint(err)) }
