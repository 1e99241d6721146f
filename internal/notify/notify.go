// Package notify tells somebody that a run has begun or ended: one notice a run,
// never one an object. A notice that cannot be delivered is a warning, and
// changes nothing of the run. What is secret in a target's address is never
// written anywhere: see Target.String.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Timeout bounds one notice, a second try included.
const Timeout = 10 * time.Second

// Event is when a notice is sent.
type Event string

// The events.
const (
	Start   Event = "start"
	End     Event = "end"
	Problem Event = "problem" // the end of a run whose exit code is not 0
)

// Events are what can be asked for.
var Events = []Event{Start, End, Problem}

// Test is the command of a notice that is sent to see whether it arrives.
const Test = "notify-test"

// Notice is what is told of a run, as a webhook gets it.
type Notice struct {
	Run      string   `json:"run"` // its id
	Command  string   `json:"command"`
	JobID    string   `json:"job_id"`
	ExitCode *int     `json:"exit_code"` // null at the start
	Complete bool     `json:"complete"`
	Headline string   `json:"headline"`
	Summary  any      `json:"summary"` // as in the report; null at the start
	Reports  []string `json:"reports"`
}

// at is what a notice is of.
func (n *Notice) at() Event {
	switch {
	case n.ExitCode == nil:
		return Start
	case *n.ExitCode != 0:
		return Problem
	}
	return End
}

// Target is whom notices go to. Make one with Parse.
type Target struct {
	kind    kind
	address string // URL, or ARN of a topic
}

// kind is a kind of target.
type kind struct {
	name   string
	prefix string // of the text that names a target
	about  string
	send   func(ctx context.Context, t Target, n *Notice, p Publisher) error
}

var kinds = []kind{
	{"slack", "slack:", "slack:https://hooks.slack.com/…", sendSlack},
	{"healthchecks", "healthchecks:", "healthchecks:https://hc-ping.com/UUID", sendHealthchecks},
	{"sns", "sns:", "sns:arn:aws:sns:REGION:ACCOUNT:TOPIC", sendSNS},
	{"webhook", "", "https://… (JSON by POST)", sendWebhook},
}

// Publisher publishes a message to a topic of SNS.
type Publisher interface {
	Publish(ctx context.Context, topic, subject, message string) error
}

// Parse reads a target. The error says which there are, and repeats nothing of
// what was given: it may hold a secret.
func Parse(text string) (Target, error) {
	for _, k := range kinds {
		address, ok := strings.CutPrefix(text, k.prefix)
		if !ok {
			continue
		}
		if k.name == "sns" {
			if !strings.HasPrefix(address, "arn:") || strings.Count(address, ":") != 5 || strings.Contains(address, "/") {
				return Target{}, errors.New("is no topic of SNS: sns:arn:aws:sns:REGION:ACCOUNT:TOPIC")
			}
			return Target{k, address}, nil
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return Target{}, fmt.Errorf("is no address of a notice: %s", known())
		}
		if u.User != nil {
			return Target{}, errors.New("credentials do not belong into the address of a notice")
		}
		return Target{k, address}, nil
	}
	panic("the last kind takes everything")
}

func known() string {
	var all []string
	for _, k := range kinds {
		all = append(all, k.about)
	}
	return strings.Join(all, ", ")
}

// String names a target without what is secret: of a URL its host alone, since
// the path is the password of Slack's and healthchecks' addresses.
func (t Target) String() string {
	if t.kind.name == "sns" {
		return t.address
	}
	u, err := url.Parse(t.address)
	if err != nil {
		return t.kind.name
	}
	return t.kind.name + " at " + u.Host
}

// Send sends a notice, and tries once more where the first try got no answer or
// a server's error. It ends within Timeout.
func (t Target) Send(ctx context.Context, n *Notice, p Publisher) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	first, stop := context.WithTimeout(ctx, Timeout/2)
	err := t.kind.send(first, t, n, p)
	stop()
	var status *statusError
	if err != nil && (!errors.As(err, &status) || status.code >= 500) && ctx.Err() == nil {
		err = t.kind.send(ctx, t, n, p)
	}
	if err != nil {
		return fmt.Errorf("notice to %s: %w", t, secretless(err))
	}
	return nil
}

// secretless takes the address out of an error of net/http.
func secretless(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// statusError is an answer that is no success.
type statusError struct{ code int }

func (e *statusError) Error() string {
	return fmt.Sprintf("answered %d %s", e.code, http.StatusText(e.code))
}

// client follows no redirection: what a notice says is for whom it was addressed
// to.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func post(ctx context.Context, address, contentType string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return &statusError{resp.StatusCode}
	}
	return nil
}

func sendWebhook(ctx context.Context, t Target, n *Notice, _ Publisher) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return post(ctx, t.address, "application/json", body)
}

// sendSlack sends a message to an incoming webhook.
// https://api.slack.com/messaging/webhooks
func sendSlack(ctx context.Context, t Target, n *Notice, _ Publisher) error {
	// & < > begin Slack's own markup.
	text := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(n.text())
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return err
	}
	return post(ctx, t.address, "application/json", body)
}

// sendHealthchecks pings a check: /start, then /<exit status>, with one run id
// for both, so that it measures how long a run takes. A test is /log, which
// changes nothing of the check's state.
// https://healthchecks.io/docs/http_api/
func sendHealthchecks(ctx context.Context, t Target, n *Notice, _ Publisher) error {
	u, err := url.Parse(t.address)
	if err != nil {
		return err
	}
	end := "start"
	switch {
	case n.Command == Test:
		end = "log"
	case n.ExitCode != nil:
		end = fmt.Sprint(*n.ExitCode)
	}
	u = u.JoinPath(end)
	query := u.Query()
	query.Set("rid", runUUID(n.Run))
	u.RawQuery = query.Encode()
	return post(ctx, u.String(), "text/plain; charset=utf-8", []byte(cut(n.text(), 100_000)))
}

func sendSNS(ctx context.Context, t Target, n *Notice, p Publisher) error {
	if p == nil {
		return errors.New("there is no connection to SNS")
	}
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return p.Publish(ctx, t.address, subject(n), string(body))
}

// subject is at most 100 characters of ASCII, as SNS wants it.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func subject(n *Notice) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, "reconcile "+n.Command+": "+n.outcome())
	return cut(plain, 100)
}

func (n *Notice) outcome() string {
	if n.Command == Test {
		return "a test"
	}
	switch n.at() {
	case Start:
		return "begun"
	case Problem:
		return fmt.Sprintf("exit code %d", *n.ExitCode)
	}
	return "done"
}

// text is a notice for people.
func (n *Notice) text() string {
	text := fmt.Sprintf("reconcile %s %s: %s", n.Command, n.Run, n.outcome())
	if n.Headline != "" {
		text += "\n" + n.Headline
	}
	if n.JobID != "" {
		text += "\njob " + n.JobID
	}
	for _, r := range n.Reports {
		text += "\nreport " + r
	}
	return text
}

// cut returns at most so many bytes, of whole characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
