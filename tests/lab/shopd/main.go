// The sample shop's program. Every answer names version, colour and pod; BEHAVIOUR, fixed per image tag, makes the
// bad images bad. `shopd pause` is what keeps the namespaces of a pod open.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

const slowStart = 20 * time.Second

func main() {
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	if len(os.Args) > 1 && os.Args[1] == "pause" {
		<-stop.Done()
		return
	}

	version, behaviour := os.Getenv("VERSION"), os.Getenv("BEHAVIOUR")
	begun := time.Now()
	if behaviour == "crash-loop" {
		time.Sleep(time.Second)
		fmt.Fprintln(os.Stderr, "shopd: this version crashes after a second")
		os.Exit(1)
	}

	pod := os.Getenv("POD_NAME")
	if pod == "" {
		pod, _ = os.Hostname()
	}
	answer := func(path string) []byte {
		body, _ := json.Marshal(struct {
			Version string `json:"version"`
			Color   string `json:"color"`
			Pod     string `json:"pod"`
			Path    string `json:"path"`
		}{version, os.Getenv("COLOR"), pod, path})
		return append(body, '\n')
	}

	var stopping atomic.Bool
	var requests atomic.Uint64
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		starting := behaviour == "slow-start" && time.Since(begun) < slowStart
		if behaviour == "never-ready" || starting || stopping.Load() {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("X-Version", version)
		if stopping.Load() {
			// Kept connections end with an answer, never with a cut: no request is lost.
			header.Set("Connection", "close")
		}
		// Every twentieth, so that 5 % is exactly that.
		if behaviour == "errors" && requests.Add(1)%20 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write(answer(r.URL.Path))
	})

	server := &http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	fmt.Printf("shopd: version %s (%s), pod %s, listening on :8080\n", version, behaviour, pod)
	select {
	case err := <-failed:
		if !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "shopd:", err)
			os.Exit(1)
		}
	case <-stop.Done():
	}

	// New connections may still arrive until every proxy has heard of it, so it goes on answering for a while.
	stopping.Store(true)
	delay := 3 * time.Second
	if given, err := time.ParseDuration(os.Getenv("SHUTDOWN_DELAY")); err == nil {
		delay = given
	}
	time.Sleep(delay)
	ending, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	_ = server.Shutdown(ending)
}
