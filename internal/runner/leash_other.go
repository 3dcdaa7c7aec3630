//go:build !linux

package runner

import "os"

func leash(*os.File) {}

func unleash() {}
