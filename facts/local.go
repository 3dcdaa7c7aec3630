package facts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/musterhq/muster/modules/sys"
)

// local gathers the facts that the host's owner provides: each *.fact file in the folder, run where it is executable
// and read otherwise, as JSON or else as INI. A bad file yields a sentence that says so, and a warning.
func (g *gathering) local() map[string]any {
	var files []string
	for _, name := range g.names(g.opt.FactPath) {
		if strings.HasSuffix(name, ".fact") && !strings.HasPrefix(name, ".") {
			files = append(files, name)
		}
	}
	found := make([]any, len(files))
	var wait sync.WaitGroup
	for i, name := range files {
		wait.Go(func() {
			value, err := g.localFile(path.Join(g.opt.FactPath, name))
			if err != nil {
				g.warn(err.Error())
				value = err.Error()
			}
			found[i] = value
		})
	}
	wait.Wait()
	facts := map[string]any{}
	for i, name := range files {
		facts[strings.ReplaceAll(name, ".fact", "")] = found[i]
	}
	return map[string]any{"local": facts}
}

func (g *gathering) localFile(file string) (any, error) {
	text, err := g.localText(file)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("error loading fact - output of running %q was not utf-8", file)
	}
	if value, err := parseJSON(text); err == nil {
		return value, nil
	}
	sections, err := parseINI(string(text))
	if err != nil {
		return nil, fmt.Errorf("error loading facts as JSON or ini - please check content: %s", file)
	}
	return sections, nil
}

func (g *gathering) localText(file string) ([]byte, error) {
	st, err := g.r.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("Could not stat fact (%s): %w", file, err) //nolint:staticcheck // the words users know
	}
	if st.Perm&0o100 == 0 {
		return []byte(g.text(file)), nil
	}
	out, err := g.r.Query(g.ctx, sys.Command{Argv: []string{file}, Timeout: g.opt.Timeout})
	if err != nil {
		return nil, fmt.Errorf("Could not execute fact script (%s): %w", file, err) //nolint:staticcheck // the words users know
	}
	if out.Code != 0 {
		return nil, fmt.Errorf("Failure executing fact script (%s), rc: %d, err: %s", file, out.Code, out.Stderr) //nolint:staticcheck // the words users know
	}
	return out.Stdout, nil
}

// parseJSON reads one JSON value; whole numbers stay whole.
func parseJSON(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the value")
	}
	return plainNumbers(value), nil
}

func plainNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	}
	return value
}
