package jinja

import (
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

const headerStart = "#jinja2:"

// header applies the first line of a template that begins with #jinja2: and returns what follows it.
func (e *Engine) header(src string, given *Syntax, base diag.Pos) (string, *Syntax, diag.Pos, error) {
	if !strings.HasPrefix(src, headerStart) {
		return src, given, base, nil
	}
	s := *given
	line, rest, more := strings.Cut(src[len(headerStart):], "\n")
	if !more {
		rest = src
	}
	for _, pair := range strings.Split(line, ",") {
		if err := s.set(pair); err != nil {
			err.Pos = positionAt(base, src, 0)
			return "", given, base, err
		}
	}
	next := positionAt(base, src, len(src)-len(rest))
	return rest, e.interned(s.completed()), next, nil
}

// set reads one "option: value" of a header.
func (s *Syntax) set(pair string) *Error {
	key, text, ok := strings.Cut(pair, ":")
	if !ok {
		return &Error{
			Message: "failed to parse jinja2 override '" + strings.TrimSpace(pair) + "'",
			Hint:    "write option: value, separated by commas",
		}
	}
	key, text = strings.TrimSpace(key), strings.TrimSpace(text)
	v, err := value.ParseLiteral(text)
	if err != nil {
		return &Error{Message: "the value of " + key + " in the jinja2 override is no Python literal: " + text}
	}
	flags := map[string]*bool{
		"trim_blocks": &s.TrimBlocks, "lstrip_blocks": &s.LstripBlocks, "keep_trailing_newline": &s.KeepTrailingNewline,
	}
	texts := map[string]*string{
		"block_start_string": &s.BlockStart, "block_end_string": &s.BlockEnd,
		"variable_start_string": &s.VariableStart, "variable_end_string": &s.VariableEnd,
		"comment_start_string": &s.CommentStart, "comment_end_string": &s.CommentEnd,
		"line_statement_prefix": &s.LineStatementPrefix, "line_comment_prefix": &s.LineCommentPrefix,
		"newline_sequence": &s.NewlineSequence,
	}
	if flag := flags[key]; flag != nil {
		*flag = value.Truth(v)
	} else if at := texts[key]; at != nil {
		*at, _ = v.(string)
	}
	return nil
}
