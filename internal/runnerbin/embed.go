package runnerbin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Embed builds the runners of platforms from source and writes them, packed, with their index into dir. What was there before
// goes.
func Embed(ctx context.Context, goTool, source, dir string, platforms [][2]string, progress io.Writer) error {
	if err := Unembed(dir); err != nil {
		return err
	}
	digest, err := sourceDigest(source)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "muster-embed-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	var all []packed
	for _, platform := range platforms {
		for _, form := range []Form{Slim, Full} {
			p, err := embedOne(ctx, goTool, source, filepath.Join(work, "runner"), dir, platform, form)
			if err != nil {
				return fmt.Errorf("%s/%s: %w", platform[0], platform[1], err)
			}
			p.Source = digest
			all = append(all, p)
			info, err := os.Stat(filepath.Join(dir, p.File))
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(progress, "%s/%s full=%v: %d KiB, packed %d KiB\n", p.GOOS, p.GOARCH, p.Full, p.Size>>10, info.Size()>>10); err != nil {
				return err
			}
		}
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, indexName), append(data, '\n'), 0o644)
}

func embedOne(ctx context.Context, goTool, source, program, dir string, platform [2]string, form Form) (packed, error) {
	if err := Compile(ctx, goTool, source, platform[0], platform[1], program, form); err != nil {
		return packed{}, err
	}
	p, err := pack(program, dir, smallest)
	p.GOOS, p.GOARCH, p.Full = platform[0], platform[1], form == Full
	return p, err
}

// Unembed removes what Embed wrote.
func Unembed(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.gz"))
	if err != nil {
		return err
	}
	errs := []error{}
	for _, f := range append(files, filepath.Join(dir, indexName)) {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
