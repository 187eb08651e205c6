# The face of the build; meson.build is the build. `make run` and `make test` need nothing but make and a network to
# Debian's packages: they install what is missing.
BUILD ?= build
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
# started by root the server becomes another user, who must be able to reach its folder
DEMO ?= $(shell [ "$$(id -u)" = 0 ] && echo /var/lib/godwit-demo || echo demo)

.PHONY: run test build install check check-asan check-tsan fuzz bench format clean setup setup-test

run: build
	@$(BUILD)/godwit serve --demo $(DEMO)

test: setup-test
	@tools/test.sh

build: setup
	@tools/build.sh $(BUILD)

install: build
	@meson install -C $(BUILD) --no-rebuild

check: build
	@tools/test.sh unit

check-asan: setup-test
	@tools/test.sh asan

check-tsan: setup-test
	@tools/test.sh tsan

fuzz: setup-test
	@tools/fuzz.sh $(FUZZ_SECONDS)

bench: build
	@bench/run.sh

format:
	@git ls-files 'src/*.[ch]' 'test/*.[ch]' 'tools/*.[ch]' | xargs clang-format -i

clean:
	rm -rf build build-* demo

setup:
	@tools/setup.sh build

setup-test:
	@tools/setup.sh test
