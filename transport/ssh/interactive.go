package ssh

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
)

var errNotAsked = errors.New("nobody to ask")

// password returns the next attempt by password, or nil. A given password is sent once; else the person is asked.
func (a *authenticator) password() ssh.AuthMethod {
	if a.checker.suspicious.Load() {
		return nil
	}
	if a.s.password != "" {
		if a.sent {
			return nil
		}
		a.sent = true
		a.tried = append(a.tried, "the given password")
		return ssh.Password(a.s.password)
	}
	if !a.mayAsk() || a.passwords >= a.s.prompts {
		return nil
	}
	a.passwords++
	return ssh.PasswordCallback(func() (string, error) {
		answer, err := a.askPerson(fmt.Sprintf("%s@%s's password: ", a.s.user, a.s.asked), true)
		if err == nil {
			a.tried = append(a.tried, "a typed password")
		}
		return answer, err
	})
}

// interactive returns the next attempt by questions of the server, or nil.
func (a *authenticator) interactive() ssh.AuthMethod {
	if a.checker.suspicious.Load() || a.silent {
		return nil
	}
	given := a.s.password != "" && !a.sent
	if !given && !a.mayAsk() && a.s.password == "" || a.prompts >= a.s.prompts || a.sent && a.partial == 0 {
		return nil
	}
	a.prompts++
	return ssh.KeyboardInteractive(a.answers)
}

// answers answers a round of questions: the password where one is asked for, everything else by the person.
func (a *authenticator) answers(_, instruction string, questions []string, echos []bool) ([]string, error) {
	out := make([]string, len(questions))
	for i, q := range questions {
		if a.s.password != "" && !echos[i] && asksPassword(q) {
			if a.sent {
				return nil, errors.New("the password was not accepted")
			}
			a.sent = true
			a.tried = append(a.tried, "keyboard-interactive with the given password")
			out[i] = a.s.password
			continue
		}
		text := fmt.Sprintf("(%s@%s) %s", a.s.user, a.s.asked, printable(q)+" ")
		if note := printable(instruction); i == 0 && note != "" {
			text = note + "\n" + text
		}
		answer, err := a.askPerson(text, !echos[i])
		if err != nil {
			return nil, err
		}
		a.tried = append(a.tried, fmt.Sprintf("keyboard-interactive (%s)", strings.TrimRight(printable(q), ": ")))
		out[i] = answer
	}
	return out, nil
}

// asksPassword reports whether a question is the usual one for the account's password.
func asksPassword(question string) bool {
	q := strings.ToLower(question)
	return strings.Contains(q, "password") || strings.Contains(q, "passwort") || strings.Contains(q, "mot de passe") ||
		strings.Contains(q, "contraseña") || strings.Contains(q, "passcode") || strings.TrimSpace(strings.TrimRight(q, ": ")) == ""
}

// mayAsk reports whether the person may be asked: the configuration says so, or the server wants a second step.
func (a *authenticator) mayAsk() bool {
	return !a.silent && !a.s.batch && (a.s.askPassword || a.partial > 0)
}

func (a *authenticator) askPerson(text string, secret bool) (answer string, err error) {
	if a.s.batch {
		return "", errNotAsked
	}
	a.w.hold(func() {
		if err = a.d.question.acquire(a.w.ctx); err != nil {
			return
		}
		defer a.d.question.release()
		answer, err = a.d.ask(a.w.ctx, text, secret)
	})
	if errors.Is(err, transport.ErrNoTerminal) {
		a.silent = true
	}
	return answer, err
}
