package s3store

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Publish publishes a message to a topic of SNS, in the topic's own region, with
// the default profile's credentials. It is the one request of this package that
// is not S3's: credentials, transport and endpoints are here.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func (s *Store) Publish(ctx context.Context, topic, subject, message string) error {
	arn := strings.Split(topic, ":") // arn:aws:sns:REGION:ACCOUNT:TOPIC
	if len(arn) != 6 {
		return fmt.Errorf("%q is no topic of SNS", topic)
	}
	p := s.profiles[s.config.Default.Profile]
	client := sns.NewFromConfig(p.config, func(o *sns.Options) {
		o.Region, o.HTTPClient, o.Retryer = arn[3], p.http, aws.NopRetryer{}
	})
	_, err := client.Publish(ctx, &sns.PublishInput{TopicArn: &topic, Subject: &subject, Message: &message})
	if err != nil {
		return &plain{err}
	}
	return nil
}
