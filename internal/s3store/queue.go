package s3store

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"reconcile/internal/reconcile"
)

// Queue is a queue of SQS. Make one with Store.Queue.
type Queue struct {
	client *sqs.Client
	url    string
}

// What one request takes, how long it waits for the first message, and how long
// messages that were received are shown to nobody else: they have to be taken
// account of within that time.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
const (
	messagesAtOnce = 10
	queueWait      = 20 * time.Second
	hiddenFor      = 10 * time.Minute
)

// Queue returns the queue with an address: with the default profile's
// credentials, in the region that the address names, at AWS_ENDPOINT_URL_SQS or
// else at the address's own host. AWS_ENDPOINT_URL is not its endpoint: that is
// where another S3 is.
func (s *Store) Queue(address string) (*Queue, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") == "" || u.User != nil {
		return nil, fmt.Errorf("no address of a queue: want https://sqs.REGION.amazonaws.com/ACCOUNT/NAME")
	}
	p := s.profiles[s.config.Default.Profile]
	client := sqs.NewFromConfig(p.config, func(o *sqs.Options) {
		o.HTTPClient, o.Retryer, o.RetryMaxAttempts = p.http, aws.NopRetryer{}, 0
		o.Region = cmp.Or(queueRegion(u.Hostname()), s.config.Default.Region, o.Region, fallbackRegion)
		if os.Getenv("AWS_ENDPOINT_URL_SQS") == "" {
			o.BaseEndpoint = aws.String(u.Scheme + "://" + u.Host)
		}
	})
	return &Queue{client, address}, nil
}

// queueRegion is the region in an address of Amazon's: sqs.REGION.amazonaws.com,
// REGION.queue.amazonaws.com, or of a VPC endpoint; empty: it names none.
func queueRegion(host string) string {
	labels := strings.Split(host, ".")
	for i, l := range labels {
		switch {
		case (l == "sqs" || l == "sqs-fips") && i+1 < len(labels) && strings.Contains(labels[i+1], "-"):
			return labels[i+1]
		case l == "queue" && i == 1:
			return labels[0]
		}
	}
	return ""
}

// Receive returns messages; with wait it waits for the first, for 20 seconds at
// most. None are no error.
func (q *Queue) Receive(ctx context.Context, wait bool) ([]reconcile.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, queueWait+defaultTimeout)
	defer cancel()
	in := &sqs.ReceiveMessageInput{QueueUrl: &q.url, MaxNumberOfMessages: messagesAtOnce, VisibilityTimeout: int32(hiddenFor.Seconds())}
	if wait {
		in.WaitTimeSeconds = int32(queueWait.Seconds())
	}
	out, err := q.client.ReceiveMessage(ctx, in)
	if err != nil {
		return nil, q.failed("ReceiveMessage", err)
	}
	var all []reconcile.Message
	for _, m := range out.Messages {
		all = append(all, reconcile.Message{ID: aws.ToString(m.MessageId), Receipt: aws.ToString(m.ReceiptHandle), Body: []byte(aws.ToString(m.Body))})
	}
	return all, nil
}

// Delete deletes messages that were received. The error is that of the first that
// is left.
func (q *Queue) Delete(ctx context.Context, all []reconcile.Message) error {
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	for some := range slices.Chunk(all, messagesAtOnce) {
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &q.url}
		for i, m := range some {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &m.Receipt})
		}
		out, err := q.client.DeleteMessageBatch(ctx, in)
		if err != nil {
			return q.failed("DeleteMessageBatch", err)
		}
		for _, f := range out.Failed {
			return fmt.Errorf("DeleteMessageBatch from %s: %s: %s", q.url, aws.ToString(f.Code), aws.ToString(f.Message))
		}
	}
	return nil
}

// rightOf is what a request to a queue needs.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
var rightOf = map[string]string{"ReceiveMessage": "sqs:ReceiveMessage", "DeleteMessageBatch": "sqs:DeleteMessage"}

func (q *Queue) failed(op string, err error) error {
	if strings.Contains(err.Error(), "AccessDenied") {
		return fmt.Errorf("%s from %s: it needs the right %s: %w", op, q.url, rightOf[op], &plain{err})
	}
	return fmt.Errorf("%s from %s: %w", op, q.url, &plain{err})
}
