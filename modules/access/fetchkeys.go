package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/musterhq/muster/internal/fetch"
	"github.com/musterhq/muster/modules/sys"
)

// fetchKeys gets keys from an address; more than a megabyte of them is refused.
func fetchKeys(ctx context.Context, r sys.Reader, address string, validate bool) (_ string, err error) {
	const limit = 1 << 20
	response, err := fetch.Do(ctx, r, fetch.Request{URL: address, InsecureTLS: !validate, UseProxy: true, UseNetrc: true,
		Timeout: 10 * time.Second, Follow: fetch.FollowSafe})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.Refused {
		return "", errors.New(response.Message)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err == nil && len(body) > limit {
		err = fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	return string(body), err
}
