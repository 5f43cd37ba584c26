# The commands of this repository. Each works from a clean clone with the .NET SDK and make alone.
.DEFAULT_GOAL := help
SHELL := bash
.PHONY: help run test chaos kafka token settings docs format FORCE

CONFIGURATION := Release
GATEWAY := Gateway/bin/$(CONFIGURATION)/net10.0/Gateway.dll
# Touched after a build, so that a gateway that is up to date starts without one.
BUILT := Gateway/obj/built-by-make
# Folders too: when a file is deleted, only the time stamp of its folder changes.
SOURCES := $(shell find Gateway \( -name bin -o -name obj \) -prune -o -print) $(wildcard Directory.*.props) global.json .editorconfig

# The release that make kafka downloads, its checksum, and where it goes.
KAFKA_URL := https://archive.apache.org/dist/kafka/4.1.0/kafka_2.13-4.1.0.tgz
KAFKA_SHA512 := 2f611fa1117747a3567ab5d8e59c24a3dc5cd3c0d50a67cf718ab5203bd5ca69d9a1e2c705ee07b8363d71de48964bfd65fac31100a91b458fbd6a2eb3c8ede5
KAFKA_FOLDER := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/rig-kafka/kafka_2.13-4.1.0

# Further arguments for dotnet test, such as a filter.
TEST_ARGUMENTS :=

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

# A variable counts only if it was given on make's command line: every environment has a USER.
given = $(if $(filter command,$(origin $1)),$($1),$2)

help:
	@echo 'make run                builds the gateway and starts it, with a log in memory and a demo page: nothing to prepare'
	@echo 'make test               runs every test that this machine can run, and says what the others need'
	@echo 'make chaos              has nodes, brokers and networks fail under 2,000 clients (SEEDS=1-100, CLIENTS=2000, ROWS=chaos-runs.tsv: goes on where it was)'
	@echo 'make kafka              downloads Kafka, for the tests or to start a broker'
	@echo 'make token USER=alice   prints a token for the gateway that make run starts (ROLES=a,b adds roles)'
	@echo 'make settings           prints every setting with its present value'
	@echo 'make docs               writes docs/reference/settings.md'
	@echo 'make format             formats the code'

run: export JWT_SECRET_KEY ?= myJwtSecret
run: export PRIVILEGED_ROLES ?= admin
# The demo signs a token for everybody who asks. It needs a secret, and does not go together with API_TOKEN.
run: export DEMO_ENABLED ?= $(if $(API_TOKEN),false,$(if $(JWT_SECRET_KEY),true,false))
run: $(BUILT)
	@external=$${INBOUND_PORT:-4000} api=$${API_PORT:-4010}; echo 'Starting the gateway. Ctrl-C stops it.'; \
	[[ $$DEMO_ENABLED != true ]] || printf '%s\n' 'See it work in a browser:' '' "  http://localhost:$$api/demo" ''; \
	printf '%s\n' 'Try it from a second and a third terminal:' '' \
	  '  token=$$(make -s token USER=alice)' \
	  "  curl -N \"localhost:$$external/socket/sse?users\\[\\]=alice&token=\$$token\"" '' \
	  "  curl -H 'content-type: application/json' -d '{\"user\":\"alice\",\"text\":\"Hi, Alice!\"}' localhost:$$api/v1/messages" ''
	@exec dotnet $(GATEWAY)

# One project after the other: each says itself how many of its tests run at once.
# Leaves out the lines of tests that passed, and of tests that were skipped because something is missing: what they need comes once, at the end.
test: export KAFKA_HOME ?= $(if $(wildcard $(KAFKA_FOLDER)/bin/kafka-server-start.sh),$(KAFKA_FOLDER))
test:
	@set -o pipefail; dotnet test rig-kafka.sln --configuration $(CONFIGURATION) --nologo -maxcpucount:1 --logger 'console;verbosity=normal' $(TEST_ARGUMENTS) \
	  | awk '/^  Passed |^  Skipped |: Needs [A-Za-z ]+\.$$|^NUnit Adapter |^Running (all|selected) tests in |^   NUnit3TestExecutor |^A total of |^Ok, passed [0-9]+ tests/ { next } \
	      /^ *Skipped are the tests that need / { needs = needs "\n" $$0; next } \
	      NF || !blank { print; fflush() } { blank = !NF } \
	      END { if (needs != "") print needs }'

# Half a minute a seed. One that has passed, as its row in the file says, is not run again.
chaos: export KAFKA_HOME ?= $(if $(wildcard $(KAFKA_FOLDER)/bin/kafka-server-start.sh),$(KAFKA_FOLDER))
chaos: export RIG_CHAOS_SEEDS = $(call given,SEEDS,1-100)
chaos: export RIG_CHAOS_CLIENTS = $(call given,CLIENTS,2000)
chaos: export RIG_CHAOS_ROWS = $(abspath $(call given,ROWS,chaos-runs.tsv))
chaos:
	@dotnet test IntegrationTests --configuration $(CONFIGURATION) --nologo --filter FullyQualifiedName~ChaosTests --logger 'console;verbosity=normal'

kafka:
	@IntegrationTests/Kafka/fetch.sh '$(KAFKA_URL)' '$(KAFKA_SHA512)' '$(KAFKA_FOLDER)'

token: export JWT_SECRET_KEY ?= myJwtSecret
token: export TOKEN_USER = $(call given,USER,alice)
token: export TOKEN_ROLES = $(call given,ROLES,)
token: $(BUILT)
	@exec dotnet $(GATEWAY) token --secret "$$JWT_SECRET_KEY" --user "$$TOKEN_USER" --roles "$$TOKEN_ROLES"

settings: $(BUILT)
	@exec dotnet $(GATEWAY) settings

docs: $(BUILT)
	@dotnet $(GATEWAY) settings --markdown > docs/reference/settings.md

format:
	@dotnet format rig-kafka.sln

# Writes to the error stream only: scripts read what make token prints.
$(BUILT): $(SOURCES) $(if $(wildcard $(GATEWAY)),,FORCE)
	@echo 'Building the gateway…' >&2
	@log=$$(dotnet build Gateway --configuration $(CONFIGURATION) --nologo 2>&1) || { printf '%s\n' "$$log" >&2; exit 1; }
	@touch $@
