package files

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/modules"
)

type blockParams struct {
	editCommon
	State        string  `param:"state" choices:"absent,present" default:"present" doc:"Whether the block should be there."`
	Marker       string  `param:"marker" default:"# {mark} ANSIBLE MANAGED BLOCK" doc:"Line around the block; {mark} becomes marker_begin and marker_end."`
	Block        string  `param:"block" alias:"content" default:"" doc:"Lines between the markers; an empty block removes them."`
	InsertAfter  *string `param:"insertafter" doc:"Where a new block goes: after the last line that matches the pattern, or EOF."`
	InsertBefore *string `param:"insertbefore" doc:"Where a new block goes: before the last line that matches the pattern, or BOF."`
	Create       bool    `param:"create" default:"false" doc:"Whether to make a file that is not there."`
	MarkerBegin  string  `param:"marker_begin" default:"BEGIN" doc:"What {mark} becomes in the first marker."`
	MarkerEnd    string  `param:"marker_end" default:"END" doc:"What {mark} becomes in the last marker."`
	AppendLine   bool    `param:"append_newline" default:"false" doc:"Whether an empty line follows the block."`
	PrependLine  bool    `param:"prepend_newline" default:"false" doc:"Whether an empty line precedes the block."`
}

// BlockInFile keeps a block of lines between two markers in a file.
func BlockInFile() modules.Module {
	e := editor[blockParams]{
		common: func(p blockParams) editCommon { return p.editCommon },
		create: func(p blockParams) bool { return p.Create },
		edit:   editBlock,
		report: func(_ blockParams, st editState, backup string) modules.Result {
			res := modules.Result{"msg": st.done.msg}
			if backup != "" {
				res["backup_file"] = backup
			}
			return res
		},
	}
	info := modules.Info{
		Name: "blockinfile", Summary: "Keeps a block of lines between markers in a file.",
		Examples: `- name: A block
  blockinfile:
    path: /etc/ssh/sshd_config
    block: |
      Match User deploy
      PasswordAuthentication no
`,
	}
	return e.module(info, modules.Rules{Exclusive: [][]string{{"insertbefore", "insertafter"}}})
}

func editBlock(p blockParams, content []byte, exists bool) (edited, error) {
	present := p.State == "present"
	switch {
	case !exists && !p.Create:
		return edited{}, modules.Fail(modules.Result{"rc": 257}, "Path %s does not exist !", p.Path)
	case !exists && !present:
		return edited{msg: fmt.Sprintf("File %s not present", p.Path), bare: true}, nil
	}
	lines := splitUniversal(string(content))
	first, last := p.markers()
	block := p.blockLines(present, first, last)
	at, lines, err := p.blockPlace(lines, string(content), first, last)
	if err != nil {
		return edited{}, err
	}
	lines, block = p.emptyLines(lines, block, at)
	if at > 0 && !strings.HasSuffix(lines[at-1], "\n") {
		lines[at-1] += "\n"
	}
	result := strings.Join(lines[:at], "") + strings.Join(block, "") + strings.Join(lines[at:], "")
	out := edited{content: []byte(result), exists: true}
	switch {
	case exists && result == string(content):
	case !exists:
		out.msg = "File created"
	case len(block) == 0:
		out.msg = "Block removed"
	default:
		out.msg = "Block inserted"
	}
	return out, nil
}

func (p blockParams) markers() (first, last string) {
	return strings.ReplaceAll(p.Marker, "{mark}", p.MarkerBegin) + "\n", strings.ReplaceAll(p.Marker, "{mark}", p.MarkerEnd) + "\n"
}

func (p blockParams) blockLines(present bool, first, last string) []string {
	if !present || p.Block == "" {
		return nil
	}
	block := p.Block
	if !strings.HasSuffix(block, "\n") {
		block += "\n"
	}
	return append(append([]string{first}, splitUniversal(block)...), last)
}

// emptyLines surrounds the block by the empty lines that were asked for and are not there.
func (p blockParams) emptyLines(lines, block []string, at int) (around, surrounded []string) {
	if len(block) == 0 {
		return lines, block
	}
	if p.PrependLine && at > 0 && strings.TrimRight(lines[at-1], "\r\n") != "" {
		block = append([]string{"\n"}, block...)
	}
	if p.AppendLine && at < len(lines) && strings.TrimRight(lines[at], "\r\n") != "" {
		block = append(block, "\n")
	}
	return lines, block
}

// blockPlace removes the block that is there and says at which line the new one goes.
func (p blockParams) blockPlace(lines []string, content, first, last string) (int, []string, error) {
	begin, end := -1, -1
	for i, l := range lines {
		if l == first {
			begin = i
		}
		if l == last {
			end = i
		}
	}
	if begin >= 0 && end >= 0 {
		from, to := min(begin, end), max(begin, end)
		return from, append(append([]string{}, lines[:from]...), lines[to+1:]...), nil
	}
	at, err := p.insertion(lines, content)
	return at, lines, err
}

var multilineFlag = regexp.MustCompile(`^\(\?[a-zA-Z]*m[a-zA-Z]*\)`)

// insertion is the line before which a new block goes.
func (p blockParams) insertion(lines []string, content string) (int, error) {
	pattern, after := "", false
	switch {
	case p.InsertAfter != nil && *p.InsertAfter != "EOF":
		pattern, after = *p.InsertAfter, true
	case p.InsertBefore != nil && *p.InsertBefore != "BOF":
		pattern = *p.InsertBefore
	case p.InsertBefore != nil:
		return 0, nil
	default:
		return len(lines), nil
	}
	re, err := compileFor("insertafter or insertbefore", pattern, pyregex.Flags{})
	if err != nil {
		return 0, err
	}
	at := -1
	if multilineFlag.MatchString(pattern) {
		m, err := re.Search(content)
		if err != nil {
			return 0, err
		}
		if m != nil {
			start, end := m.Span(0)
			if after {
				start = end
			}
			at = strings.Count(content[:start], "\n")
		}
	} else {
		for i, l := range lines {
			m, err := re.Search(l)
			if err != nil {
				return 0, err
			}
			if m != nil {
				at = i
			}
		}
	}
	switch {
	case at < 0:
		return len(lines), nil
	case after:
		return min(at+1, len(lines)), nil
	default:
		return at, nil
	}
}

// splitUniversal splits at \n, \r\n and \r and keeps them.
func splitUniversal(s string) []string {
	var lines []string
	for s != "" {
		i := strings.IndexAny(s, "\r\n")
		if i < 0 {
			return append(lines, s)
		}
		if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
			i++
		}
		lines, s = append(lines, s[:i+1]), s[i+1:]
	}
	return lines
}
