package access

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"time"
)

// fetchKeys gets keys from an address; more than a megabyte of them is refused.
func fetchKeys(ctx context.Context, address string, validate bool) (string, error) {
	const limit = 1 << 20
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: !validate}} //nolint:gosec // validate_certs: false asks for it
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the server answers %s", response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err == nil && len(body) > limit {
		err = fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	return string(body), err
}
