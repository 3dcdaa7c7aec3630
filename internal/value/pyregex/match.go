package pyregex

import "sync"

// anchored is the same pattern bound to the start of the text or to the whole of it; each is compiled at its first use.
type anchored struct {
	once sync.Once
	re   *Regexp
	err  error
}

func (a *anchored) get(r *Regexp, before, after string) (*Regexp, error) {
	a.once.Do(func() {
		plan := *r.plan
		plan.re2, plan.ascii, plan.net = before+plan.re2+after, before+plan.ascii+after, before+plan.net+after
		a.re, a.err = compile(r.pattern, &plan)
	})
	return a.re, a.err
}

// MatchStart reports whether the pattern matches at the start of the text, as Python's re.match.
func (r *Regexp) MatchStart(text string) (bool, error) {
	m, err := r.Match(text)
	return m != nil, err
}

// Match matches at the start of the text; nil when it does not.
func (r *Regexp) Match(text string) (*Match, error) {
	re, err := r.start.get(r, `\A(?:`, `)`)
	if err != nil {
		return nil, err
	}
	return re.Search(text)
}

// FullMatch matches the whole text; nil when it does not.
func (r *Regexp) FullMatch(text string) (*Match, error) {
	re, err := r.whole.get(r, `\A(?:`, `)\z`)
	if err != nil {
		return nil, err
	}
	return re.Search(text)
}
