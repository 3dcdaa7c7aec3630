package files

import (
	"github.com/musterhq/muster/modules"
)

// templateParams are those of copy that template has; the controller renders and then the rest is a copy.
type templateParams struct {
	Src           *string `param:"src" type:"path" doc:"Template on the controller."`
	BlockStart    string  `param:"block_start_string" default:"{%" doc:"What starts a block."`
	BlockEnd      string  `param:"block_end_string" default:"%}" doc:"What ends a block."`
	VariableStart string  `param:"variable_start_string" default:"{{" doc:"What starts an expression."`
	VariableEnd   string  `param:"variable_end_string" default:"}}" doc:"What ends an expression."`
	CommentStart  *string `param:"comment_start_string" doc:"What starts a comment."`
	CommentEnd    *string `param:"comment_end_string" doc:"What ends a comment."`
	TrimBlocks    bool    `param:"trim_blocks" default:"true" doc:"Whether the newline after a block is dropped."`
	LstripBlocks  bool    `param:"lstrip_blocks" default:"false" doc:"Whether blanks before a block are dropped."`
	Newline       string  `param:"newline_sequence" default:"\n" doc:"What ends the lines of the file."`
	Encoding      string  `param:"output_encoding" default:"utf-8" doc:"Encoding of the file that is written."`
	copyCommon
}

// Template is template's half on the host: the rendered text is copied.
func Template() modules.Module {
	info := modules.Info{
		Name: "template", Summary: "Renders a template on the controller and puts the result on the host.", Undo: modules.UndoFull, Private: true,
		Examples: `- name: Configuration from a template, checked before it is put in place
  template:
    src: sshd_config.j2
    dest: /etc/ssh/sshd_config
    mode: '0600'
    validate: /usr/sbin/sshd -t -f %s
`,
	}
	return copyModule(info, modules.Rules{}, func(p templateParams) copyParams {
		return copyParams{Src: p.Src, copyCommon: p.copyCommon}
	})
}
