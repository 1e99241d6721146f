package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signedCopies are the CopyObject requests of all source objects, signed.
func (w *world) signedCopies() []*http.Request {
	w.tb.Helper()
	credentials := aws.Credentials{AccessKeyID: w.AccessKey(), SecretAccessKey: w.SecretKey()}
	none := sha256.Sum256(nil)
	payload := hex.EncodeToString(none[:])
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	var all []*http.Request
	for _, key := range w.Keys(glacier) {
		r, err := http.NewRequest(http.MethodPut, w.URL()+"/"+protected+"/"+key, nil)
		if err != nil {
			w.tb.Fatal(err)
		}
		r.Header.Set("X-Amz-Copy-Source", glacier+"/"+key)
		r.Header.Set("X-Amz-Content-Sha256", payload)
		if err := signer.SignHTTP(context.Background(), credentials, r, payload, "s3", w.Region(), time.Now()); err != nil {
			w.tb.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// sendAll sends requests by so many workers, and returns how long it took.
func sendAll(tb testing.TB, requests []*http.Request, workers int) time.Duration {
	tb.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	defer client.CloseIdleConnections()
	work := make(chan *http.Request)
	var wg sync.WaitGroup
	began := time.Now()
	for range workers {
		wg.Go(func() {
			for r := range work {
				answer, err := client.Do(r)
				if err != nil {
					tb.Error(err)
					continue
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if answer.StatusCode != http.StatusOK {
					tb.Error(answer.Status)
				}
			}
		})
	}
	for _, r := range requests {
		work <- r
	}
	close(work)
	wg.Wait()
	return time.Since(began)
}
