package jinja

// tokenKind classifies a token.
type tokenKind int

const (
	tokenEOF tokenKind = iota
	tokenData
	tokenVariableBegin
	tokenVariableEnd
	tokenBlockBegin
	tokenBlockEnd
	tokenName
	tokenString
	tokenNumber
	tokenOperator
)

// token is a piece of a template. text is what a name, operator or piece of data says, value what a literal means.
type token struct {
	kind  tokenKind
	off   int
	text  string
	value any
}

// describe names a token in an error message.
func (t token) describe() string {
	switch t.kind {
	case tokenEOF:
		return "the end of the template"
	case tokenData:
		return "text"
	case tokenVariableBegin:
		return "the start of an expression"
	case tokenVariableEnd:
		return "the end of the expression"
	case tokenBlockBegin:
		return "the start of a statement"
	case tokenBlockEnd:
		return "the end of the statement"
	case tokenString:
		return "a string"
	case tokenNumber:
		return "a number"
	}
	return "'" + t.text + "'"
}

// Syntax is how a template is written. The zero value is completed by DefaultSyntax's delimiters.
type Syntax struct {
	BlockStart, BlockEnd       string
	VariableStart, VariableEnd string
	CommentStart, CommentEnd   string
	LineStatementPrefix        string
	LineCommentPrefix          string
	TrimBlocks, LstripBlocks   bool
	KeepTrailingNewline        bool
	NewlineSequence            string
}

// DefaultSyntax is the syntax of playbooks: Jinja2's delimiters, and trim_blocks.
func DefaultSyntax() Syntax {
	return Syntax{
		BlockStart: "{%", BlockEnd: "%}", VariableStart: "{{", VariableEnd: "}}", CommentStart: "{#", CommentEnd: "#}",
		TrimBlocks: true, NewlineSequence: "\n",
	}
}

// completed fills what was left empty.
func (s Syntax) completed() Syntax {
	d := DefaultSyntax()
	for _, f := range []struct {
		at   *string
		want string
	}{
		{&s.BlockStart, d.BlockStart}, {&s.BlockEnd, d.BlockEnd},
		{&s.VariableStart, d.VariableStart}, {&s.VariableEnd, d.VariableEnd},
		{&s.CommentStart, d.CommentStart}, {&s.CommentEnd, d.CommentEnd},
		{&s.NewlineSequence, d.NewlineSequence},
	} {
		if *f.at == "" {
			*f.at = f.want
		}
	}
	return s
}
