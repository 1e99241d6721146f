package s3sim

import (
	"maps"
	"net/http"
	"slices"
)

func (c *call) getObjectTagging() (*reply, error) {
	if c.srv.cfg.Quirks.NoTagging {
		return nil, newError(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	x := append(startDocument(nil, "Tagging"), "<TagSet>"...)
	tags := o.attrs().tags
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		x = append(x, "<Tag>"...)
		x = appendElement(x, "Key", name)
		x = appendElement(x, "Value", tags[name])
		x = append(x, "</Tag>"...)
	}
	p := xmlReply(append(x, "</TagSet></Tagging>"...))
	c.setVersion(p, o)
	return p, nil
}

func (c *call) putObjectTagging() (*reply, error) {
	body, err := c.readPayload()
	if err != nil {
		return nil, err
	}
	var in struct {
		TagSet struct {
			Tag []struct{ Key, Value string }
		}
	}
	if err := decodeXML(body.data, &in); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range in.TagSet.Tag {
		if _, twice := tags[t.Key]; twice {
			return nil, errInvalidTag.say("Cannot provide multiple Tags with the same key")
		}
		tags[t.Key] = t.Value
	}
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	return c.replaceTags(tags, http.StatusOK)
}

func (c *call) deleteObjectTagging() (*reply, error) {
	return c.replaceTags(nil, http.StatusNoContent)
}

// replaceTags gives an object other tags; its modification time stays.
func (c *call) replaceTags(tags map[string]string, status int) (*reply, error) {
	if len(tags) == 0 {
		tags = nil
	}
	b := c.target()
	b.mu.Lock()
	o, err := b.locate(c.key, c.query.Get("versionId"))
	if err == nil {
		changed := o.clone()
		a := *o.attrs()
		a.tags = tags
		changed.setAttrs(a)
		b.replace(changed)
	}
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	p := newReply(status)
	c.setVersion(p, o)
	return p, nil
}
