package s3list

import "testing"

// A page that says both that it is the last and where the listing goes on is
// followed, as long as pages have entries: else the keys behind it are lost.
func TestTokenOfALastPage(t *testing.T) {
	const token, entry = `<NextContinuationToken>T</NextContinuationToken>`, `<Contents><Key>k</Key><Size>1</Size></Contents>`
	for doc, want := range map[string]string{
		head + token + entry + tail:                      "T",
		head + entry + token + tail:                      "T",
		head + entry + tail:                              "",
		head + token + tail:                              "",
		head + "<NextContinuationToken/>" + entry + tail: "",
	} {
		if page, err := sameAsSDK(t, doc); err != nil || page.Next != want {
			t.Errorf("%s: %q, %v, want %q", doc, page.Next, err, want)
		}
	}
}
