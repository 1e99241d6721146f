package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"reconcile/internal/report"
)

// Shard is one part of the source of several, each for a process of its own.
type Shard struct {
	Index, Count int // index from 0; count 0: the source is not divided
}

// The variables in which engines say which of several processes this one is.
// https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
// https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/
const (
	BatchIndex = "AWS_BATCH_JOB_ARRAY_INDEX"
	BatchSize  = "AWS_BATCH_JOB_ARRAY_SIZE"
	KubeIndex  = "JOB_COMPLETION_INDEX"
)

// wholeSource and autoShard are words that --shard takes in place of I/N.
const (
	wholeSource = "none"
	autoShard   = "auto"
)

// MaxShards is how many processes may share a source. Each of them asks for some
// pages of all the others' keys, and a shard map of so many fits into a document
// however long the keys are.
const MaxShards = 1000

// setShard checks the text only: what the environment says comes later.
func setShard(r *reading, g given) error {
	r.shardWord = g.text()
	index, count, divided := strings.Cut(r.shardWord, "/")
	_, err := parseShard(index, count)
	switch {
	case r.shardWord == wholeSource || r.shardWord == autoShard:
		return nil
	case index == autoShard && divided:
		_, err = parseShard("0", count)
	}
	if err != nil {
		return g.wrong(err)
	}
	return nil
}

func parseShard(index, count string) (Shard, error) {
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	switch {
	case err != nil || err2 != nil:
		return Shard{}, errors.New("want I/N, as in 0/16, or auto, auto/N, none")
	case n < 1 || n > MaxShards:
		return Shard{}, fmt.Errorf("%d shards: want 1 to %d", n, MaxShards)
	case i < 0 || i >= n:
		return Shard{}, fmt.Errorf("shard %d of %d: they are numbered from 0 to %d", i, n, n-1)
	}
	return Shard{i, n}, nil
}

// shard returns the shard of this process. By itself it takes the one that
// an array job of AWS Batch names. Kubernetes does not say how many there are:
// who forgot to would have each process do all the work.
func (r *reading) shard() (Shard, error) {
	word, count, _ := strings.Cut(r.shardWord, "/")
	if word == wholeSource || r.shardWord != "" && word != autoShard {
		s, _ := parseShard(word, count) // checked; none is no shard
		return s, nil
	}
	index, inBatch := r.lookupEnv(BatchIndex)
	if size, ok := r.lookupEnv(BatchSize); inBatch && count == "" && ok {
		return wrapShard(index, size, "environment variables "+BatchIndex+" and "+BatchSize)
	}
	from := BatchIndex
	if !inBatch {
		if index, inBatch = r.lookupEnv(KubeIndex); inBatch {
			from = KubeIndex
		}
	}
	switch {
	case inBatch && count == "":
		return Shard{}, fmt.Errorf("environment variable %s says which shard this is, and nothing says of how many: give --shard %s/N, or --shard %s",
			from, autoShard, wholeSource)
	case inBatch:
		return wrapShard(index, count, "environment variable "+from)
	case count != "":
		return Shard{}, fmt.Errorf("%s: neither %s nor %s is set", r.from["shard"], BatchIndex, KubeIndex)
	}
	return Shard{}, nil
}

func wrapShard(index, count, from string) (Shard, error) {
	s, err := parseShard(index, count)
	return s, wrap(from, err)
}

// shardPlaceholder stands in a report's path for the number of the shard.
const shardPlaceholder = "{shard}"

// String is the shard as it stands in paths, sorted in its order.
func (s Shard) String() string {
	width := len(strconv.Itoa(max(s.Count-1, 0)))
	return fmt.Sprintf("%0*d-of-%d", width, s.Index, s.Count)
}

// reportOf returns a report's destination with the shard's number in it. A
// shard whose report would replace that of another is refused.
func (s Shard) reportOf(dest report.Destination) (report.Destination, error) {
	named := strings.Contains(dest.Path, shardPlaceholder)
	switch {
	case s.Count == 0 && named:
		return dest, fmt.Errorf("%s: there is no shard to put in the place of %s", dest, shardPlaceholder)
	case s.Count > 1 && !named && !dest.IsStdout():
		return dest, fmt.Errorf("%s: every shard would write its report there: put %s into the path", dest, shardPlaceholder)
	case !named:
		return dest, nil
	}
	return report.ParseDestination(strings.ReplaceAll(dest.Path, shardPlaceholder, s.String()))
}
