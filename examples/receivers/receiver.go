// A webhook receiver that verifies the signature. Standard library only.
//
//	WEBHOOK_SECRET=whsec_... go run receiver.go [port]
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	toleranceSeconds = 300
	bodyBytesMax     = 1 << 20
)

// verify follows Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.
func verify(key []byte, header http.Header, body []byte) bool {
	timestamp, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if err != nil || math.Abs(float64(time.Now().Unix()-timestamp)) > toleranceSeconds {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", header.Get("webhook-id"), timestamp)
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Split(header.Get("webhook-signature"), " ") {
		if hmac.Equal([]byte(expected), []byte(given)) {
			return true
		}
	}
	return false
}

func main() {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("WEBHOOK_SECRET"), "whsec_"))
	if err != nil {
		panic(err)
	}
	port := "9000"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	lines := json.NewEncoder(os.Stdout)
	panic(http.Serve(listener, http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, bodyBytesMax))
		verified := err == nil && verify(key, request.Header, body)
		if verified {
			response.WriteHeader(http.StatusNoContent)
		} else {
			response.WriteHeader(http.StatusUnauthorized)
		}
		lines.Encode(map[string]any{
			"verified":   verified,
			"webhook_id": request.Header.Get("webhook-id"),
			"event_type": request.Header.Get("webhook-event-type"),
			"attempt":    request.Header.Get("webhook-attempt"),
			"body":       string(body),
		})
	})))
}
