package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

// initErrorTimeout bounds telling the runtime: it is on the same machine.
const initErrorTimeout = 2 * time.Second

// InitError tells the runtime why the process cannot serve, so that whoever
// invokes the function reads that instead of an exit status.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
func InitError(kind, message string) error {
	ctx, cancel := context.WithTimeout(context.Background(), initErrorTimeout)
	defer cancel()
	body, _ := json.Marshal(map[string]any{"errorType": kind, "errorMessage": message, "stackTrace": []string{}}) // texts cannot fail
	url := "http://" + os.Getenv(apiVariable) + "/2018-06-01/runtime/init/error"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Lambda-Runtime-Function-Error-Type", kind)
	client := &http.Client{Transport: &http.Transport{}} // never by a proxy
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("the runtime answered %s", resp.Status)
	}
	return nil
}
