package s3sim

import (
	"net/http"
	"time"
)

// restoreRequest is the body of RestoreObject.
type restoreRequest struct {
	Days                 int
	Tier                 string
	Type                 string
	GlacierJobParameters struct{ Tier string }
}

// restoreObject asks for a readable copy of an archived object, or keeps the
// one that is there for longer.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
func (c *call) restoreObject() (*reply, error) {
	body, err := c.readPayload()
	if err != nil {
		return nil, err
	}
	var in restoreRequest
	if len(body.data) > 0 {
		if err := decodeXML(body.data, &in); err != nil {
			return nil, err
		}
	}
	if in.Type != "" {
		return nil, errNotImplemented
	}
	b := c.target()
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.locate(c.key, c.query.Get("versionId"))
	if err != nil {
		return nil, err
	}
	changed, status, err := restored(o, in, c.now, c.srv.cfg.RestoreDelay)
	if err != nil {
		return nil, err
	}
	b.replace(changed)
	if status == http.StatusAccepted {
		c.srv.accepted.Add(1)
	}
	return newReply(status), nil
}

// restored returns o after the request, and the status that it is answered with.
func restored(o *object, in restoreRequest, now uint32, delay func(class, tier string) time.Duration) (*object, int, error) {
	state := o.at(now)
	tier := in.GlacierJobParameters.Tier
	setDefault(&tier, in.Tier)
	setDefault(&tier, tierStandard)
	if err := checkRestore(o, state, in.Days, tier); err != nil {
		return nil, 0, err
	}
	changed := o.clone()
	if state.state == restoreDone {
		// Extending: the days count from now, also if that is earlier.
		changed.restore = restoreDone
		changed.expiry = seconds(expiryAfter(fromSeconds(now), in.Days))
		return changed, http.StatusOK, nil
	}
	days := in.Days
	if state.state == restoreOngoing { // a faster tier: the days stay as they were
		days = o.restoreDays()
	}
	ready := fromSeconds(now).Add(delay(o.class.String(), tier))
	changed.restore = restoreOngoing
	changed.ready = max(seconds(ready), 1)
	changed.expiry = seconds(expiryAfter(ready, days))
	changed.setTier(tier)
	return changed, http.StatusAccepted, nil
}

// checkRestore refuses what S3 refuses.
func checkRestore(o *object, state availability, days int, tier string) error {
	intelligent := o.class == classIntelligent
	switch {
	case tierSpeed[tier] == 0:
		return errMalformedXML
	case state.state == restoreOngoing && tierSpeed[tier] <= tierSpeed[o.tier()]:
		return errRestoreInProgress
	case !state.archived && state.state != restoreDone:
		return errInvalidObjectState.say("Restore is not allowed for the object's current storage class").
			field("StorageClass", o.class.String())
	case intelligent && days != 0:
		return errInvalidArgument.say("Days must not be given for objects in S3 Intelligent-Tiering")
	case !intelligent && days < 1:
		return errMalformedXML
	case tier == tierExpedited && (o.class == classDeepArchive || state.archive == "DEEP_ARCHIVE_ACCESS"):
		return errExpedited
	}
	return nil
}
