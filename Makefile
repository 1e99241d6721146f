# Builds that need Go and make, nothing else; the same source gives the same
# files.
#
#   make lambda                  the program as a Lambda function, for both architectures
#   make release VERSION=1.2.3   archives with checksums, for each of PLATFORMS
#   make module MODULE=…         gives the Go module the address that it is published under
#
# With Node and Chromium:
#
#   make screenshots             the pictures of docs/images, of pages of the demo

OUT       ?= dist
VERSION   ?= $(shell git describe --always --dirty 2>/dev/null || echo devel)
ARCHS     := arm64 amd64
PLATFORMS ?= linux-amd64 linux-arm64 darwin-amd64 darwin-arm64 windows-amd64 windows-arm64

# lambda.norpc leaves out what only Lambda's runtime go1.x needed, which is gone.
TAGS       = lambda.norpc
FLAGS      = -tags $(TAGS) -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)"
DOCUMENTS := README.md CHANGELOG.md LICENSE

.PHONY: lambda $(ARCHS:%=lambda-%) release $(PLATFORMS:%=release-%) module screenshots

lambda: $(ARCHS:%=lambda-%)

# Without the renderer of the man page a function is there sooner.
lambda-%: TAGS = lambda.norpc,urfave_cli_no_docs
$(ARCHS:%=lambda-%): lambda-%:
	mkdir -p $(OUT)/lambda-$*
	CGO_ENABLED=0 GOOS=linux GOARCH=$* go build $(FLAGS) -o $(OUT)/lambda-$*/bootstrap ./cmd/reconcile
	go run ./cmd/zip $(OUT)/reconcile-lambda-$*.zip $(OUT)/lambda-$*/bootstrap

release: $(PLATFORMS:%=release-%)
	cd $(OUT) && $$(command -v sha256sum || echo shasum -a 256) reconcile-$(VERSION)-* > SHA256SUMS

# A folder reconcile-VERSION-OS-ARCH, and an archive of it: zip for Windows,
# tar.gz for the others.
NAME   = reconcile-$(VERSION)-$*
SUFFIX = $(if $(findstring windows,$*),.exe)
$(PLATFORMS:%=release-%): release-%:
	mkdir -p $(OUT)/build/$(NAME)
	CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) \
		go build $(FLAGS) -o $(OUT)/build/$(NAME)/reconcile$(SUFFIX) ./cmd/reconcile
	cp $(DOCUMENTS) $(OUT)/build/$(NAME)
	$(if $(SUFFIX),go run ./cmd/zip $(OUT)/$(NAME).zip $(addprefix $(OUT)/build/$(NAME)/,reconcile$(SUFFIX) $(DOCUMENTS)),\
	tar -czf $(OUT)/$(NAME).tar.gz -C $(OUT)/build $(NAME))

# Rewrites go.mod and the imports of all modules. To be run once, on a tree
# without changes of one's own.
OLD = $(shell go list -m)
module:
	@test -n "$(MODULE)" || { echo "usage: make module MODULE=example.org/owner/reconcile" >&2; exit 2; }
	git ls-files '*.go' | xargs sed -i.bak -e 's#"$(OLD)/#"$(MODULE)/#' -e 's#^const module = "$(OLD)"#const module = "$(MODULE)"#'
	git ls-files '*go.mod' | xargs sed -i.bak -e 's#^module $(OLD)#module $(MODULE)#' \
		-e 's#^replace $(OLD) =>#replace $(MODULE) =>#' -e 's#^\([[:space:]]*\)$(OLD) v0#\1$(MODULE) v0#'
	git ls-files '*.go' '*go.mod' | sed 's/$$/.bak/' | xargs rm -f
	for f in $$(git ls-files '*go.mod'); do go mod edit -fmt $$f; done # in the order of the new name
	gofmt -w $$(git ls-files '*.go')

screenshots:
	cd test/web && npm ci --no-audit --no-fund --silent && node screenshots.mjs
