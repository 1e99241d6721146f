package s3sim

import (
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// maxPage is the number of entries that a page of any listing has at most.
const maxPage = 1000

// listQuery is what the listings of objects have in common.
type listQuery struct {
	prefix, delimiter string
	from              string // entries before this are skipped
	after             string // and this one, if it is one
	max               int
	keys              keyCodec
}

// page is a page of a listing: entries in order, objects and common prefixes.
type page struct {
	entries   []entry
	truncated bool
}

// entry is an object, or a common prefix where object is nil.
type entry struct {
	object *object
	prefix string
}

// name is the key or the common prefix.
func (e entry) name() string {
	if e.object != nil {
		return e.object.key
	}
	return e.prefix
}

// parseListQuery reads the parameters of a listing.
func (c *call) parseListQuery() (listQuery, error) {
	q := listQuery{prefix: c.query.Get("prefix"), delimiter: c.query.Get("delimiter")}
	var err error
	if q.max, err = c.pageSize("max-keys"); err != nil {
		return q, err
	}
	q.keys, err = c.keyCodec()
	return q, err
}

// pageSize reads a parameter for the size of a page.
func (c *call) pageSize(name string) (int, error) {
	most := cmp.Or(c.srv.cfg.Quirks.ListPage, maxPage)
	text := c.query.Get(name)
	if text == "" {
		return most, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, errInvalidArgument.say("Provided "+name+" not an integer or within integer range").
			field("ArgumentName", name).field("ArgumentValue", text)
	}
	return min(int(n), most), nil
}

// keyCodec reads encoding-type.
func (c *call) keyCodec() (keyCodec, error) {
	switch c.query.Get("encoding-type") {
	case "":
		return keyCodec{}, nil
	case "url":
		return keyCodec{url: !c.srv.cfg.Quirks.IgnoreEncodingType}, nil
	}
	return keyCodec{}, errInvalidArgument.say("Invalid Encoding Method specified in Request")
}

// startAfter lets the listing begin behind a name. A common prefix is left
// behind with all the keys under it.
func (q *listQuery) startAfter(name string) {
	q.from, q.after = name, name
	if q.delimiter != "" && len(name) > len(q.prefix) && strings.HasPrefix(name, q.prefix) &&
		q.commonPrefix(name) == name {
		q.from = afterPrefix(name)
	}
}

// commonPrefix returns the prefix under which a key is rolled up, or "".
func (q *listQuery) commonPrefix(key string) string {
	if q.delimiter == "" {
		return ""
	}
	rest := key[len(q.prefix):]
	i := strings.Index(rest, q.delimiter)
	if i < 0 {
		return ""
	}
	return key[:len(q.prefix)+i+len(q.delimiter)]
}

// list collects a page. The lock is held for the walk only: what the entries
// point to does not change.
func (b *bucket) list(q listQuery) page {
	if q.max == 0 {
		return page{}
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	p := page{entries: make([]entry, 0, min(q.max, b.objects.Len()))}
	from := max(q.from, q.prefix)
	for seek := true; seek; {
		seek = false
		b.scan(from, func(o *object) bool {
			if !strings.HasPrefix(o.key, q.prefix) {
				return false
			}
			if o.key == q.after {
				return true
			}
			common := q.commonPrefix(o.key)
			if common != "" && common == q.after {
				return true
			}
			if len(p.entries) == q.max {
				p.truncated = true
				return false
			}
			if common == "" {
				p.entries = append(p.entries, entry{object: o})
				return true
			}
			p.entries = append(p.entries, entry{prefix: common})
			from = afterPrefix(common)
			seek = from != "" // jump over what is rolled up
			return false
		})
	}
	return p
}

// bytes is about what the page takes, written.
func (p page) bytes() int { return 1<<10 + 512*len(p.entries) }

// last is the name of the last entry.
func (p page) last() string {
	if len(p.entries) == 0 {
		return ""
	}
	return p.entries[len(p.entries)-1].name()
}

// encodeToken makes the opaque token with which a listing goes on behind name.
func encodeToken(name string) string { return "1" + base64.URLEncoding.EncodeToString([]byte(name)) }

func decodeToken(token string) (string, error) {
	rest, ok := strings.CutPrefix(token, "1")
	name, err := base64.URLEncoding.DecodeString(rest)
	if !ok || err != nil {
		return "", errInvalidArgument.say("The continuation token provided is incorrect").
			field("ArgumentName", "continuation-token")
	}
	return string(name), nil
}

// listEncoder appends the entries of a page. Times are formatted once for
// neighbours that share them.
type listEncoder struct {
	keys      keyCodec
	md5Limit  int64
	now       uint32
	owner     string // "" = not asked for
	restore   bool   // RestoreStatus was asked for
	checksums bool
	quirks    Quirks
	lastTime  uint32
	lastText  string
}

func (c *call) encoder(q listQuery) *listEncoder {
	quirks := c.srv.cfg.Quirks
	return &listEncoder{
		keys: q.keys, md5Limit: c.srv.cfg.MD5Limit, now: c.now,
		restore:   !quirks.NoRestoreStatus && c.wantsRestoreStatus(),
		checksums: !quirks.NoChecksums, quirks: quirks,
	}
}

// wantsRestoreStatus reads x-amz-optional-object-attributes.
func (c *call) wantsRestoreStatus() bool {
	for _, value := range c.r.Header["X-Amz-Optional-Object-Attributes"] {
		for one := range strings.SplitSeq(value, ",") {
			if strings.TrimSpace(one) == "RestoreStatus" {
				return true
			}
		}
	}
	return false
}

// contents appends an object of a listing.
func (e *listEncoder) contents(dst []byte, o *object) []byte {
	dst = append(dst, "<Contents>"...)
	dst = e.keys.element(dst, "Key", o.key)
	dst = e.facts(dst, o)
	if e.checksums && o.alg != noChecksum {
		dst = append(dst, "<ChecksumAlgorithm>"...)
		dst = append(dst, o.alg.String()...)
		dst = append(dst, "</ChecksumAlgorithm><ChecksumType>"...)
		dst = append(dst, o.checksumType()...)
		dst = append(dst, "</ChecksumType>"...)
	}
	if e.owner != "" {
		dst = appendOwner(dst, "Owner", e.owner)
	}
	if e.restore {
		dst = e.restoreStatus(dst, o)
	}
	return append(dst, "</Contents>"...)
}

// facts appends what a version in a listing of versions has as well.
func (e *listEncoder) facts(dst []byte, o *object) []byte {
	dst = append(dst, "<LastModified>"...)
	dst = append(dst, e.time(o.modified)...)
	dst = append(dst, "</LastModified><ETag>&quot;"...)
	dst = o.appendETag(dst, e.md5Limit)
	dst = append(dst, "&quot;</ETag><Size>"...)
	dst = strconv.AppendInt(dst, o.size, 10)
	dst = append(dst, "</Size><StorageClass>"...)
	dst = append(dst, e.quirks.className(o, e.now)...)
	return append(dst, "</StorageClass>"...)
}

func (e *listEncoder) time(s uint32) string {
	if s != e.lastTime || e.lastText == "" {
		e.lastTime, e.lastText = s, xmlTime(fromSeconds(s))
	}
	return e.lastText
}

// restoreStatus appends nothing for objects without a restore.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html
func (e *listEncoder) restoreStatus(dst []byte, o *object) []byte {
	a := o.at(e.now)
	switch {
	case e.quirks.undated(o, a):
		return append(dst, "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus>"...)
	case a.state == restoreOngoing:
		return append(dst, "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>"...)
	case a.state == restoreDone:
		dst = append(dst, "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>"...)
		dst = fromSeconds(a.expiry).AppendFormat(dst, time.RFC3339)
		return append(dst, "</RestoreExpiryDate></RestoreStatus>"...)
	}
	return dst
}

// entries appends all objects, then all common prefixes, as S3 orders them.
func (e *listEncoder) entries(dst []byte, p page) []byte {
	for _, one := range p.entries {
		if one.object != nil {
			dst = e.contents(dst, one.object)
		}
	}
	for _, one := range p.entries {
		if one.object == nil {
			dst = append(dst, "<CommonPrefixes>"...)
			dst = e.keys.element(dst, "Prefix", one.prefix)
			dst = append(dst, "</CommonPrefixes>"...)
		}
	}
	return dst
}

// head appends the elements that the listings of objects begin with.
func (c *call) listHead(dst []byte, q listQuery, truncated bool) []byte {
	dst = appendElement(dst, "Name", c.bucket)
	dst = q.keys.element(dst, "Prefix", q.prefix)
	if q.delimiter != "" {
		dst = q.keys.element(dst, "Delimiter", q.delimiter)
	}
	dst = appendElement(dst, "MaxKeys", itoa(q.max))
	if q.keys.url {
		dst = appendElement(dst, "EncodingType", "url")
	}
	return appendElement(dst, "IsTruncated", strconv.FormatBool(truncated))
}
