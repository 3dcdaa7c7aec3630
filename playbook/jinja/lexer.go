package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexer cuts a source into tokens. Its source has \n line ends only.
type lexer struct {
	src     string
	syntax  Syntax
	escaped bool // backslashes in the strings of {{ }} are literal, as in a playbook
	starts  []starter
	ahead   []occurrence // of each of starts
	pos     int
	tokens  []token
	// lineStarting tells that the last tag ended with its line, so that white space before the next may be stripped.
	lineStarting bool
}

// normalize gives a source \n line ends and takes away the one line end that Jinja2 drops.
func normalize(src string, keepTrailingNewline bool) string {
	if strings.IndexByte(src, '\r') >= 0 {
		src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	}
	if !keepTrailingNewline {
		src = strings.TrimSuffix(src, "\n")
	}
	return src
}

// lexTemplate returns the tokens of a normalized template.
func lexTemplate(src string, s Syntax, escaped bool) ([]token, error) {
	l := &lexer{src: src, syntax: s, escaped: escaped, lineStarting: true, starts: starters(s)}
	for l.pos < len(src) {
		if err := l.root(); err != nil {
			return nil, err
		}
	}
	l.emit(token{kind: tokenEOF, off: len(src)})
	return l.tokens, nil
}

// lexExpression returns the tokens of a bare expression.
func lexExpression(src string, escaped bool) ([]token, error) {
	l := &lexer{src: src, syntax: DefaultSyntax(), escaped: escaped}
	if err := l.tag(endOf{}, escaped); err != nil {
		return nil, err
	}
	l.emit(token{kind: tokenEOF, off: len(src)})
	return l.tokens, nil
}

func (l *lexer) emit(t token) { l.tokens = append(l.tokens, t) }

func (l *lexer) data(off int, text string) {
	if text == "" {
		return
	}
	if l.syntax.NewlineSequence != "\n" {
		text = strings.ReplaceAll(text, "\n", l.syntax.NewlineSequence)
	}
	l.emit(token{kind: tokenData, off: off, text: text})
}

// root reads text up to the next tag, and that tag.
func (l *lexer) root() error {
	at, end, kind := l.nextStart(l.pos)
	if at < 0 {
		l.data(l.pos, l.src[l.pos:])
		l.pos = len(l.src)
		return nil
	}
	text, sign := l.src[l.pos:at], signAt(l.src, end)
	if sign != 0 {
		end++
	}
	if kind == startLineStatement || kind == startLineComment {
		// a line's prefix may be followed by a sign as well, but takes no white space away by itself
		text = l.strip(text, sign, true)
	} else {
		text = l.strip(text, sign, kind != startVariable)
	}
	l.data(l.pos, text)
	begin := at
	l.pos = end
	switch kind {
	case startComment:
		return l.comment(begin)
	case startVariable:
		l.emit(token{kind: tokenVariableBegin, off: begin})
		return l.tag(endOf{delimiter: l.syntax.VariableEnd, kind: tokenVariableEnd}, l.escaped)
	case startLineStatement:
		l.emit(token{kind: tokenBlockBegin, off: begin})
		return l.tag(endOf{line: true, kind: tokenBlockEnd}, false)
	case startLineComment:
		if i := strings.IndexByte(l.src[l.pos:], '\n'); i >= 0 {
			l.pos += i
		} else {
			l.pos = len(l.src)
		}
		l.lineStarting = false
		return nil
	}
	if after, ok := l.rawBegin(end); ok {
		return l.raw(begin, after)
	}
	l.emit(token{kind: tokenBlockBegin, off: begin})
	return l.tag(endOf{delimiter: l.syntax.BlockEnd, kind: tokenBlockEnd, trim: l.syntax.TrimBlocks}, false)
}

// strip removes the white space before a tag that its sign or lstrip_blocks asks to remove.
func (l *lexer) strip(text string, sign byte, block bool) string {
	switch {
	case sign == '-':
		return strings.TrimRightFunc(text, unicode.IsSpace)
	case sign == '+' || !l.syntax.LstripBlocks || !block:
		return text
	}
	start := strings.LastIndexByte(text, '\n') + 1
	if (start > 0 || l.lineStarting) && start < len(text) && strings.TrimSpace(text[start:]) == "" {
		return text[:start]
	}
	return text
}

func (l *lexer) comment(begin int) error {
	i := strings.Index(l.src[l.pos:], l.syntax.CommentEnd)
	if i < 0 {
		return &syntaxError{off: begin, message: "this comment has no end", hint: "end it with " + l.syntax.CommentEnd}
	}
	dash := i > 0 && l.src[l.pos+i-1] == '-'
	plus := i > 0 && l.src[l.pos+i-1] == '+'
	l.pos += i + len(l.syntax.CommentEnd)
	l.afterTag(dash, !plus && l.syntax.TrimBlocks)
	return nil
}

// afterTag eats the white space after a tag: all of it, or one line end.
func (l *lexer) afterTag(all, newline bool) {
	start := l.pos
	if all {
		l.pos += len(l.src[start:]) - len(strings.TrimLeftFunc(l.src[start:], unicode.IsSpace))
	} else if newline && strings.HasPrefix(l.src[start:], "\n") {
		l.pos++
	}
	l.lineStarting = l.pos > start && l.src[l.pos-1] == '\n'
}

// rawBegin recognizes the rest of {% raw %} after its start delimiter.
func (l *lexer) rawBegin(i int) (int, bool) { return l.rawTag(i, "raw", false) }

func (l *lexer) rawTag(i int, word string, trim bool) (int, bool) {
	i = skipSpace(l.src, i)
	if !strings.HasPrefix(l.src[i:], word) {
		return 0, false
	}
	i = skipSpace(l.src, i+len(word))
	rest := l.src[i:]
	switch {
	case strings.HasPrefix(rest, "-"+l.syntax.BlockEnd):
		return skipSpace(l.src, i+1+len(l.syntax.BlockEnd)), true
	case trim && strings.HasPrefix(rest, "+"+l.syntax.BlockEnd):
		return i + 1 + len(l.syntax.BlockEnd), true
	case strings.HasPrefix(rest, l.syntax.BlockEnd):
		i += len(l.syntax.BlockEnd)
		if trim && l.syntax.TrimBlocks && strings.HasPrefix(l.src[i:], "\n") {
			i++
		}
		return i, true
	}
	return 0, false
}

// raw takes everything up to {% endraw %} as text.
func (l *lexer) raw(begin, start int) error {
	l.lineStarting = start > 0 && l.src[start-1] == '\n'
	for i := start; ; {
		j := strings.Index(l.src[i:], l.syntax.BlockStart)
		if j < 0 {
			return &syntaxError{off: begin, message: "this raw block has no end", hint: "end it with " + l.syntax.BlockStart + " endraw " + l.syntax.BlockEnd}
		}
		at := i + j
		end := at + len(l.syntax.BlockStart)
		sign := signAt(l.src, end)
		if sign != 0 {
			end++
		}
		if after, ok := l.rawTag(end, "endraw", true); ok {
			l.data(start, l.strip(l.src[start:at], sign, true))
			l.pos = after
			l.lineStarting = l.src[after-1] == '\n'
			return nil
		}
		i = at + len(l.syntax.BlockStart)
	}
}

func skipSpace(s string, i int) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsSpace(r) {
			break
		}
		i += size
	}
	return i
}

func signAt(s string, i int) byte {
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		return s[i]
	}
	return 0
}
