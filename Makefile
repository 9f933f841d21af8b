# The list of tasks: `make` alone prints it. CMakeLists.txt, package.json and tools/ do the work.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help deps build image run test-server package test-package test-setup test test-page build-tests test-programs test-browser test-all build-sanitizers test-sanitizers test-fuzz test-fresh bench bench-revisions bench-browser bench-quick bench-micro build-bench test-tasks test-faults test-hostile test-machine mutants lint fmt clean

ARGS ?=
ADDRESS ?=
# In CI, on any machine, a test may fail once (for the browser: the whole run). .ci/run names the tests that did.
CTEST := ctest --output-on-failure --no-tests=error $(if $(CI),--repeat until-pass:2)
# Two per core, because most tests mostly wait.
TEST_JOBS ?= $(shell echo $$((2 * $$(nproc))))

.NOTPARALLEL:

help:             ## print this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

deps:             ## install what is missing to build, run and test (Debian packages, npm modules)
	@tools/deps test

build: build/build.ninja ## compile the server and its plugins (release), make the sandbox's root file system
	@tools/deps run
	cmake --build --preset release
	docker_image/make_rootfs build/share/tellina/rootfs

image:            ## build the image of the sandbox "docker" on the engine of DOCKER_HOST, or on the default one
	@tools/deps run
	docker_image/make_image

run:              ## build, then serve the study of config.json until Ctrl-C; ADDRESS=0.0.0.0 for other machines, ARGS="--port 8080" for other options
	@$(MAKE) --no-print-directory build
	@tools/foreground tools/delegated build/bin/tellina run --prepare $(if $(ADDRESS),--address $(ADDRESS)) $(ARGS)

test-server:      ## build, then serve with a self-test at /test (the record does not contain its participant); ARGS as for run
	@$(MAKE) --no-print-directory build
	@tools/foreground build/bin/tellina run --prepare --test-mode $(if $(ADDRESS),--address $(ADDRESS)) $(ARGS)

test: test-page test-programs test-browser ## unit, integration, page and browser tests

test-page:        ## the types and the tests of the page's JavaScript
	@tools/deps test
	npm run --silent typecheck
	npm test --silent

build-tests:
	@tools/deps test
	cmake --preset release -DTELLINA_TESTS=ON
	@$(MAKE) --no-print-directory build

test-programs: build-tests ## the C++ tests, and the tests of tools
	$(CTEST) --test-dir build -j $(TEST_JOBS)

test-browser: build-tests ## the browser tests
	npm run --silent e2e $(if $(CI),|| npm run --silent e2e)

package:          ## a Debian package of the server as a service, in build/package/
	@tools/deps package
	@$(MAKE) --no-print-directory build
	cd build && cpack -G DEB

# The fresh machine skips tests that have just run.
test-all: FRESH = --without-tests
test-all: test test-tasks lint test-sanitizers test-fuzz test-fresh test-package ## test, lint, then everything that takes long

build-sanitizers:
	@tools/deps test
	tools/test-sanitizers --build

test-sanitizers:  ## the C++ tests under AddressSanitizer and UBSan, the threaded ones under ThreadSanitizer
	@tools/deps test
	tools/test-sanitizers

test-fuzz:        ## random input for every reader (libFuzzer), 30 s each; ARGS="--executions 10000000 shell_output" for more of one
	@tools/deps fuzz
	tools/fuzz $(ARGS)

test-fresh:       ## clone into a fresh Debian 12, run `make run`, use it, Ctrl-C, then `make test` (as root)
	tools/test-fresh $(FRESH)

test-setup:       ## do what `vagrant up` does in a fresh Debian 12: setup.bash, then `make run` as a user (as root)
	tools/test-fresh --setup

bench:            ## measure the server on every layer against the floor; writes docs/performance.md (about 25 minutes)
	@$(MAKE) --no-print-directory build-bench
	tools/bench matrix

bench-revisions:  ## measure the three set-ups of the first version with 1 to 1000 sessions; writes docs/performance.md (about 5 minutes)
	@$(MAKE) --no-print-directory build-bench
	tools/bench revisions

bench-browser:    ## measure the time from a key to the screen, and the first load, in Chromium; writes docs/performance.md (about 3 minutes)
	@$(MAKE) --no-print-directory build-bench
	tools/bench browser

bench-quick:      ## a short run of all benchmarks, into build/performance/ (some minutes)
	@$(MAKE) --no-print-directory build-bench
	tools/bench quick

bench-micro:      ## measure each stage of a keystroke's way by itself
	@$(MAKE) --no-print-directory build-bench
	build/bin/micro_bench

# The server as `make build` builds it, and the programs that it is compared with.
build-bench:
	@tools/deps bench
	cmake --preset release -DTELLINA_TESTS=ON -DTELLINA_BENCHMARKS=ON
	cmake --build --preset release --target bench_programs micro_bench
	docker_image/make_rootfs build/share/tellina/rootfs

test-package:     ## make the package, install it in a fresh Debian 12, use it, purge it; check the Vagrantfile (as root)
	@$(MAKE) --no-print-directory package
	tools/test-package

test-tasks: build-tests ## what passes twenty tasks of all types and what does not, typed into real shells (as root, one minute)
	build/bin/test_server --gtest_filter=TaskVerdicts.OfAllTasks

test-faults: build-tests ## the server under faults that seeds choose, SEEDS=1..20 of SECONDS=300 each (as root); writes build/faults.md
	build/bin/test_faults --seeds $(or $(SEEDS),1..20) --seconds $(or $(SECONDS),300) --report build/faults.md $(ARGS)

test-hostile: build-tests ## attacks on real servers while another participant works (as root, about 25 minutes); writes docs/security.md
	build/bin/test_hostile --all --report docs/security.md $(ARGS)

test-machine:     ## attacks on memory where systemd delegates control groups v2: a virtual Debian 12 (as root, 10 minutes, without KVM 30)
	@tools/deps machine
	@$(MAKE) --no-print-directory build-tests package
	tools/test-machine

mutants:          ## check that the tests notice small faults, which it puts into copies of the sources; NAMES="..." for some (about 25 minutes)
	@tools/deps mutants
	@$(MAKE) --no-print-directory build
	tools/mutants $(NAMES)

lint:             ## check the format, the layers, the words, the mutants' patches and the page's code
	@tools/deps lint
	@tools/lint
	npm run --silent lint

fmt:              ## format the C and C++ files in place
	@tools/deps lint
	git ls-files -z '*.cpp' '*.hpp' '*.c' '*.h' | xargs -0 clang-format -i

clean:            ## remove build/ and node_modules/; keeps db.sqlite3
	rm -rf --one-file-system build node_modules

# Without the tests, so that the first start is fast; `make test` adds them.
build/build.ninja:
	@tools/deps run
	cmake --preset release -DTELLINA_TESTS=OFF
