// Package s3store is the only package that speaks to the AWS SDK: it turns the
// SDK's values and errors into ours.
//
// One call is one HTTP request. The SDK's retries are switched off and
// redirects are not followed: retrying, slowing down and looking at a target
// after a lost answer belong to the layers above, and two owners of one retry
// multiply each other's attempts. There are two exceptions: [Store.Upload], and
// a request that was refused unread, for the time of its signature or for
// lacking a digest, which is sent once more.
//
// A call returns without an error only when S3's answer says what was asked
// of it. An empty body, a page of a proxy or an error document under status
// 200 is an error, never an empty bucket or a finished copy.
package s3store
