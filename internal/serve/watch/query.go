package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Server is a Prometheus that answers queries.
type Server struct {
	URL    string
	Token  func() (string, error) // sent as a bearer token; may be nil
	Client *http.Client
}

// answer is what a Prometheus answers.
type answer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	} `json:"data"`
}

// sample is a time and a value.
type sample [2]any

// Value asks for the present value of a query, which must have one result; ok is false when it has none.
func (s Server) Value(ctx context.Context, query string) (value float64, ok bool, err error) {
	body := url.Values{"query": {query}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.URL, "/")+"/api/v1/query", strings.NewReader(body))
	if err != nil {
		return 0, false, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "muster")
	if s.Token != nil {
		token, err := s.Token()
		if err != nil {
			return 0, false, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := s.Client.Do(req)
	if err != nil {
		return 0, false, err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return 0, false, err
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil || a.Status == "" {
		return 0, false, fmt.Errorf("%s answered %s, and no JSON of Prometheus", req.URL.Host, res.Status)
	}
	if a.Status != "success" {
		return 0, false, fmt.Errorf("%s: %s", req.URL.Host, a.Error)
	}
	return a.value()
}

func (a answer) value() (float64, bool, error) {
	var last sample
	switch a.Data.Type {
	case "scalar":
		if err := json.Unmarshal(a.Data.Result, &last); err != nil {
			return 0, false, err
		}
	case "vector":
		var list []struct {
			Value sample `json:"value"`
		}
		if err := json.Unmarshal(a.Data.Result, &list); err != nil {
			return 0, false, err
		}
		switch len(list) {
		case 0:
			return 0, false, nil
		case 1:
			last = list[0].Value
		default:
			return 0, false, fmt.Errorf("the query has %d results; make it one, with sum(), max() or the like", len(list))
		}
	default:
		return 0, false, fmt.Errorf("the query's result is a %s; a number is needed", a.Data.Type)
	}
	word, isText := last[1].(string)
	if !isText {
		return 0, false, errors.New("the query's result has no value")
	}
	v, err := strconv.ParseFloat(word, 64)
	return v, err == nil, err
}
