package files

import (
	"context"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type fetchParams struct {
	Src           string `param:"src,required" type:"path" doc:"File on the host."`
	Dest          string `param:"dest,required" doc:"Folder on the controller; the file goes to DEST/HOST/PATH, or to DEST with flat."`
	Flat          bool   `param:"flat" default:"false" doc:"Whether dest is the file, or ends in a slash and is its folder."`
	FailOnMissing bool   `param:"fail_on_missing" default:"true" doc:"Whether the task fails when the file is not there."`
	Validate      bool   `param:"validate_checksum" default:"true" doc:"Whether the checksum is verified after the file came."`
	Offset        int    `param:"_offset,hidden" default:"0"`
	Length        *int   `param:"_length,hidden"`
}

// Fetch is fetch's half on the host: it reads the file in parts, as slurp does with _offset and _length.
func Fetch() modules.Module {
	return modules.Query[fetchParams]{
		Info: modules.Info{
			Name: "fetch", Summary: "Copies a file from the host to the controller.", Private: true,
			Examples: `- name: Logs of all hosts, each in a folder of its own
  fetch:
    src: /var/log/app.log
    dest: logs
`,
		},
		Run: func(ctx context.Context, r sys.Reader, p fetchParams) (modules.Result, error) {
			return runSlurp(ctx, r, slurpParams{Src: p.Src, Offset: p.Offset, Length: p.Length})
		},
	}.Module()
}
