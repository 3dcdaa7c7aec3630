// Command delay stands in front of hosts of the lab and adds latency, for measuring what round trips cost.
//
//	go run ./lab/delay -each-way 25ms 127.9.0.1:2201=10.88.0.21:22 …
//
// The connection's own handshake is delayed by a round trip; then every chunk of bytes is delayed in each direction.
// It prints "ready" when all proxies listen and runs until it is killed.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"time"
)

func main() {
	eachWay := flag.Duration("each-way", 25*time.Millisecond, "delay in each direction")
	flag.Parse()
	for _, arg := range flag.Args() {
		from, to, ok := strings.Cut(arg, "=")
		if !ok {
			log.Fatalf("%q is not LISTEN=TARGET", arg)
		}
		l, err := net.Listen("tcp", from)
		if err != nil {
			log.Fatal(err)
		}
		go serve(l, to, *eachWay)
	}
	fmt.Println("ready")
	select {}
}

func serve(l net.Listener, target string, delay time.Duration) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		go forward(client, target, delay)
	}
}

func forward(client net.Conn, target string, delay time.Duration) {
	defer client.Close()
	time.Sleep(2 * delay)
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	done := make(chan struct{})
	go func() { pipe(server, client, delay); close(done) }()
	pipe(client, server, delay)
	<-done
}

// chunk is bytes with the time at which they may leave.
type chunk struct {
	due  time.Time
	data []byte
}

// pipe copies with a delay; many chunks may be on their way at once.
func pipe(to, from net.Conn, delay time.Duration) {
	queue := make(chan chunk, 4096)
	go func() {
		defer close(queue)
		for {
			buf := make([]byte, 64<<10)
			n, err := from.Read(buf)
			if n > 0 {
				queue <- chunk{time.Now().Add(delay), buf[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for c := range queue {
		time.Sleep(time.Until(c.due))
		if _, err := to.Write(c.data); err != nil {
			break
		}
	}
	if t, ok := to.(*net.TCPConn); ok {
		_ = t.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, from)
}
