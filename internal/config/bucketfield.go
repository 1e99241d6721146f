package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"reconcile/internal/display"
	"reconcile/internal/s3store"
)

// bucketField is a setting a single bucket can have of its own.
type bucketField struct {
	name    string // as a key of the config file
	target  bool   // says how copies are written: the source has no such setting
	set     func(*s3store.Bucket, string)
	correct func(string) error
}

var bucketFields = []bucketField{
	{name: "region", correct: checkRegion, set: func(b *s3store.Bucket, s string) { b.Region = s }},
	{name: "endpoint_url", correct: checkEndpoint, set: func(b *s3store.Bucket, s string) { b.EndpointURL = s }},
	{name: "profile", correct: checkFilled, set: func(b *s3store.Bucket, s string) { b.Profile = s }},
	{name: "expected_bucket_owner", correct: checkAccount, set: func(b *s3store.Bucket, s string) { b.ExpectedOwner = s }},
	{name: "request_payer", correct: checkPayer, set: func(b *s3store.Bucket, s string) { b.RequesterPays = s == requestPayers[0] }},
	{name: "storage_class", correct: checkClass, target: true, set: func(b *s3store.Bucket, s string) { b.StorageClass = s }},
	{name: "sse", correct: checkSSE, target: true, set: setSSE},
	{name: "kms_key_id", correct: checkFilled, target: true, set: setKey},
	{name: "acl", correct: checkACL, target: true, set: func(b *s3store.Bucket, s string) { b.ACL = s }},
}

// encryptions are those that a copy can be written with.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html
var encryptions = []string{"AES256", "aws:kms", "aws:kms:dsse"}

// setSSE and setKey let a bucket's own setting replace what it has by default
// and could not have beside it: AES256 takes no key.
func setSSE(b *s3store.Bucket, s string) {
	if b.SSE = s; s == encryptions[0] {
		b.KMSKeyID = ""
	}
}

func setKey(b *s3store.Bucket, s string) {
	if b.KMSKeyID = s; b.SSE == encryptions[0] {
		b.SSE = ""
	}
}

// requestPayers are the values of request_payer; the first agrees to pay.
var requestPayers = []string{"requester", "none"}

// storageClasses are those a copy can be written in.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
var storageClasses = []string{
	"STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE",
	"REDUCED_REDUNDANCY", "EXPRESS_ONEZONE", "OUTPOSTS",
}

// cannedACLs are S3's; those in openACLs let strangers read.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
var cannedACLs = []string{
	"private", "public-read", "public-read-write", "authenticated-read",
	"aws-exec-read", "bucket-owner-read", "bucket-owner-full-control",
}

var openACLs = map[string]bool{"public-read": true, "public-read-write": true, "authenticated-read": true}

func fieldOf(name string) (bucketField, bool) {
	for _, f := range bucketFields {
		if f.name == name {
			return f, true
		}
	}
	return bucketField{}, false
}

// fill checks a value and puts it into the bucket's settings.
func (f bucketField) fill(b *s3store.Bucket, g given) error {
	if err := f.correct(g.text()); err != nil {
		return g.wrong(err)
	}
	f.set(b, g.text())
	return nil
}

// defaultField, targetField and sourceField make a parameter's set: the field
// of every bucket, of the archive buckets, of the source.
func defaultField(name string) func(*reading, given) error {
	return field(name, func(r *reading) *s3store.Bucket { return &r.everyBucket })
}

func targetField(name string) func(*reading, given) error {
	return field(name, func(r *reading) *s3store.Bucket { return &r.everyTarget })
}

func sourceField(name string) func(*reading, given) error {
	return field(name, func(r *reading) *s3store.Bucket { return &r.onlySource })
}

func field(name string, of func(*reading) *s3store.Bucket) func(*reading, given) error {
	return func(r *reading, g given) error {
		f, _ := fieldOf(name)
		return f.fill(of(r), g)
	}
}

// targetACL refuses what would let strangers read every copy: protected data
// is never made public by a setting that was meant for the public bucket.
func targetACL(r *reading, g given) error {
	if openACLs[g.text()] {
		return g.wrong(fmt.Errorf("%s would open every archive bucket's copies: give it to single buckets, under buckets: in the config file", g.text()))
	}
	return targetField("acl")(r, g)
}

func checkFilled(s string) error {
	if s == "" {
		return errEmpty
	}
	return nil
}

// IsAccount reports whether s is an account: twelve digits.
func IsAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

var roleARN = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:role/.+$`) })

// IsRole reports whether s is the ARN of a role.
func IsRole(s string) bool { return roleARN().MatchString(s) }

var region = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9-]+$`) })

func checkAccount(s string) error {
	if !IsAccount(s) {
		return fmt.Errorf("%q is no account: 12 digits", s)
	}
	return nil
}

func checkRegion(s string) error {
	if !region().MatchString(s) {
		return fmt.Errorf("%q is no region, as in us-west-2", display.URL(s))
	}
	return nil
}

func checkPayer(s string) error { return checkChoice(s, requestPayers) }
func checkClass(s string) error { return checkChoice(s, storageClasses) }
func checkSSE(s string) error   { return checkChoice(s, encryptions) }
func checkACL(s string) error   { return checkChoice(s, cannedACLs) }

// checkEndpoint wants what requests can be sent to. Its messages show no
// credentials, also where there is no URL to speak of.
func checkEndpoint(s string) error {
	u, err := url.Parse(s)
	switch {
	case display.HasUser(s):
		return errors.New("credentials do not belong into the endpoint's URL")
	case err != nil:
		return fmt.Errorf("%q is no URL", display.URL(s))
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("%q is no absolute http or https URL", display.URL(s))
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q has a query or a fragment", display.URL(s))
	}
	return nil
}
