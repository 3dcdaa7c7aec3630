package plan

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Save writes a plan into a file that only its owner can read; a file that is there is replaced as a whole.
func (p *Plan) Save(path string) error {
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error tells more
	}
	return err
}

// Load reads a plan that Save wrote.
func Load(path string) (*Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var p Plan
	if err := json.Unmarshal(text, &p); err != nil || p.Version == 0 {
		return nil, fmt.Errorf("%s is no plan that muster saved", path)
	}
	if p.Version != Version {
		return nil, fmt.Errorf("%s: the plan has version %d, this muster reads %d; make it again with muster plan --out", path, p.Version, Version)
	}
	return &p, nil
}
