PREFIX ?= /usr/local
SWIFT ?= swift
RELEASE = -c release
# The whole package is compiled with testability once, so `demo` and `test` share one build.
FLAGS = $(RELEASE) -Xswiftc -enable-testing
BIN = .build/release/audiotool

.PHONY: all demo test bench install uninstall bootstrap clean

all: bootstrap
	$(SWIFT) build $(FLAGS) --product audiotool

bootstrap:
	@scripts/bootstrap

demo: all
	@scripts/demo $(BIN)

test:
	@scripts/bootstrap tests
	$(SWIFT) build $(FLAGS) --build-tests
	$(SWIFT) test $(FLAGS) --skip-build

bench: bootstrap
	$(SWIFT) run --package-path Benchmarks $(RELEASE) bench

install: bootstrap
	$(SWIFT) build $(RELEASE) --static-swift-stdlib --product audiotool --scratch-path .build-install
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/audiotool/models"
	install -m 755 .build-install/release/audiotool "$(DESTDIR)$(PREFIX)/bin/audiotool"
	install -m 644 models/*.safetensors "$(DESTDIR)$(PREFIX)/share/audiotool/models/"

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/audiotool"
	rm -rf "$(DESTDIR)$(PREFIX)/share/audiotool"

clean:
	rm -rf .build .build-install Benchmarks/.build demo
