# SPDX-License-Identifier: Apache-2.0
#
# shakedown. `make demo` and `make test` are all that a fresh machine needs.

VERSION  = 0.1.0
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR  ?= $(DATADIR)/man
ZSHDIR  ?= $(DATADIR)/zsh/site-functions

BUILD   ?= build
CC      ?= cc
PKG_CONFIG ?= pkg-config
PYTHON  ?= python3

LIBRARIES = libssl libcrypto libuv libunbound libidn2 jansson sqlite3
# Without it the command has no queue.
OPTIONAL  = $(foreach library,hiredis,$(if $(shell $(PKG_CONFIG) --modversion $(library) 2>/dev/null),$(library)))
WARNINGS  = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
OPTIMIZE ?= -O2 -g
SANITIZE ?=
CFLAGS   ?=
# Looked up when a compiler runs, not when make starts: `make deps` may have to install them first.
# One by one: Debian's libunbound names private modules that are not there, and would take the others' flags along.
PACKAGES  = $(foreach library,$(LIBRARIES),$(shell $(PKG_CONFIG) --cflags $(library) 2>/dev/null))
LINKS     = $(foreach library,$(LIBRARIES) $(OPTIONAL),$(shell $(PKG_CONFIG) --libs $(library) 2>/dev/null))
COMPILE   = $(CC) -std=c11 -D_GNU_SOURCE -Iinclude $(PACKAGES) $(WARNINGS) $(OPTIMIZE) $(SANITIZE) $(CFLAGS)

LIBRARY_SOURCES = $(filter-out src/cli/%,$(wildcard src/*.c src/*/*.c))
COMMAND_SOURCES = $(wildcard src/cli/*.c)
SUPPORT_SOURCES = $(wildcard tests/support/*.c)
TEST_SOURCES    = $(wildcard tests/*/*_test.c)
FUZZ_SOURCES    = $(wildcard tests/fuzz/*_fuzz.c)

object          = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBRARY         = $(BUILD)/libshakedown.a
COMMAND         = $(BUILD)/shakedown
TESTS           = $(patsubst %.c,$(BUILD)/%,$(TEST_SOURCES))
FUZZ_REPLAYS    = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(FUZZ_SOURCES))

.PHONY: force all deps demo test unit real asan fuzz golden completions docs tables lint format format-check bench install uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(COMMAND) $(LIBRARY) $(BUILD)/shakedown.pc

# What the command carries, put into the program as it is: findings, policies, caps of grades, schemas, the style and
# script of HTML pages.
EMBEDDED = $(addprefix $(BUILD)/embedded/,findings.def policies.def grade.def schemas.def pages.def)
$(BUILD)/embedded/findings.def: $(sort $(wildcard data/findings/*.json))
$(BUILD)/embedded/policies.def: $(sort $(wildcard data/policies/*.json))
$(BUILD)/embedded/grade.def: $(sort $(wildcard data/grade/*.json))
$(BUILD)/embedded/schemas.def: $(sort $(wildcard docs/*.schema.json))
$(BUILD)/embedded/pages.def: $(sort $(wildcard data/html/*.css data/html/*.js))
$(EMBEDDED): data/embed.sh
	@mkdir -p $(@D)
	data/embed.sh $(filter-out data/embed.sh,$^) >$@
$(BUILD)/src/report/embedded.o: $(EMBEDDED)
$(BUILD)/src/report/embedded.o: COMPILE += -I$(BUILD)/embedded

# Compiled again when the library comes or goes: `make demo` does without, `make test` then installs it.
$(BUILD)/optional: force
	@mkdir -p $(@D)
	@echo '$(OPTIONAL)' | cmp -s - $@ || echo '$(OPTIONAL)' >$@
$(BUILD)/src/run/redis.o: $(BUILD)/optional
$(BUILD)/src/run/redis.o: COMPILE += $(foreach library,$(OPTIONAL),-DHAVE_HIREDIS $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(library))))

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

$(LIBRARY): $(call object,$(LIBRARY_SOURCES))
	rm -f $@
	$(AR) rcs $@ $^

$(COMMAND): $(call object,$(COMMAND_SOURCES)) $(LIBRARY)
	$(CC) $(OPTIMIZE) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LINKS)

# Made anew each time: PREFIX may be another one when it is installed.
$(BUILD)/shakedown.pc: force
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$(INCLUDEDIR)' '' 'Name: shakedown' \
	  'Description: secure-connection diagnostic scanner' 'Version: $(VERSION)' \
	  'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lshakedown' 'Libs.private: $(LINKS)' >$@

# --- tests: each tests/<layer>/<name>_test.c is a program -----------------------------------------

$(BUILD)/tests/%_test: $(BUILD)/tests/%_test.o $(call object,$(SUPPORT_SOURCES)) $(LIBRARY)
	$(CC) $(OPTIMIZE) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LINKS) $(shell $(PKG_CONFIG) --libs cmocka)

# The command's own parts are in no library.
$(BUILD)/tests/cli/%_test: $(BUILD)/tests/cli/%_test.o $(filter-out %/main.o,$(call object,$(COMMAND_SOURCES))) $(LIBRARY)
	$(CC) $(OPTIMIZE) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LINKS) $(shell $(PKG_CONFIG) --libs cmocka)

# A fuzz target is one LLVMFuzzerTestOneInput; linked with replay.c it runs its corpus as a test.
$(BUILD)/tests/fuzz/%_fuzz: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/tests/fuzz/replay.o $(LIBRARY)
	$(CC) $(OPTIMIZE) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LINKS)

deps:
	@CC='$(CC)' PYTHON='$(PYTHON)' ./deps.sh build

unit: all $(TESTS) $(FUZZ_REPLAYS)
	@BUILD=$(BUILD) tests/run.sh $(TESTS) $(FUZZ_REPLAYS)

# Servers on loopback, each with a known truth.
real: all
	@BUILD=$(BUILD) $(PYTHON) tests/real/run.py

test:
	@CC='$(CC)' PYTHON='$(PYTHON)' ./deps.sh test
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory $(TESTS) $(FUZZ_REPLAYS)
	@BUILD=$(BUILD) tests/all.sh $(TESTS) $(FUZZ_REPLAYS)

asan:
	@$(MAKE) --no-print-directory unit BUILD=build/asan OPTIMIZE='-O1 -g' \
	  SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'

# Coverage-guided, FUZZ_SECONDS for each target (needs clang).
FUZZ_SECONDS ?= 60
fuzz:
	@BUILD=build/fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh $(FUZZ_SOURCES)

golden: all $(TESTS)
	@BUILD=$(BUILD) GOLDEN=write tests/run.sh $(filter %/golden_test,$(TESTS))
	@BUILD=$(BUILD) GOLDEN=write tests/run.sh $(filter %/format_test,$(TESTS))

completions: $(COMMAND)
	completions/make.sh $(COMMAND)

docs: $(COMMAND)
	docs/make.sh $(COMMAND)

tables:
	$(PYTHON) data/tables.py

demo:
	@CC='$(CC)' PYTHON='$(PYTHON)' ./deps.sh demo
	@$(MAKE) --no-print-directory --silent all
	@BUILD=$(BUILD) HOST='$(HOST)' ./demo.sh

lint:
	@.ci/lint

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

$(BUILD)/bench/lint: $(BUILD)/bench/lint.o $(LIBRARY)
	$(CC) $(OPTIMIZE) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LINKS)

bench: all $(BUILD)/bench/lint
	@$(BUILD)/bench/lint
	@BUILD=$(BUILD) CC='$(CC)' PYTHON='$(PYTHON)' bench/run.sh

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(MANDIR)/man1 \
	  $(DESTDIR)$(DATADIR)/bash-completion/completions $(DESTDIR)$(ZSHDIR) \
	  $(DESTDIR)$(DATADIR)/fish/vendor_completions.d
	install -m 755 $(COMMAND) $(DESTDIR)$(BINDIR)/shakedown
	install -m 644 $(LIBRARY) $(DESTDIR)$(LIBDIR)/libshakedown.a
	install -m 644 $(BUILD)/shakedown.pc $(DESTDIR)$(LIBDIR)/pkgconfig/shakedown.pc
	install -m 644 include/shakedown.h $(DESTDIR)$(INCLUDEDIR)/shakedown.h
	install -m 644 man/shakedown.1 $(DESTDIR)$(MANDIR)/man1/shakedown.1
	install -m 644 completions/shakedown.bash $(DESTDIR)$(DATADIR)/bash-completion/completions/shakedown
	install -m 644 completions/_shakedown $(DESTDIR)$(ZSHDIR)/_shakedown
	install -m 644 completions/shakedown.fish $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/shakedown.fish

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/shakedown $(DESTDIR)$(LIBDIR)/libshakedown.a $(DESTDIR)$(LIBDIR)/pkgconfig/shakedown.pc \
	  $(DESTDIR)$(INCLUDEDIR)/shakedown.h $(DESTDIR)$(MANDIR)/man1/shakedown.1 \
	  $(DESTDIR)$(DATADIR)/bash-completion/completions/shakedown $(DESTDIR)$(ZSHDIR)/_shakedown \
	  $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/shakedown.fish

clean:
	rm -rf build demo-output

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
