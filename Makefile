# Every command a person needs. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
python := /usr/bin/python3
release := build/release

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: ## build the program and start it at http://127.0.0.1:8000 (data in ./data)
	@tools/setup.sh run
	@tools/build.sh release cumulo
	@CUMULO_LOG_FORMAT=$${CUMULO_LOG_FORMAT:-text} exec $(release)/bin/cumulo $(ARGS)

dev: ## the same with assertions and readable logs, quick to compile
	@tools/setup.sh test
	@tools/build.sh dev cumulo
	@CUMULO_LOG_FORMAT=text exec build/dev/bin/cumulo $(ARGS)

test: ## every test: unit, integration, end to end
	@tools/setup.sh test
	@tools/build.sh release --tests
	@tools/test.sh $(release) all e2e page

test-unit: ## tests without a database or a network
	@tools/setup.sh test
	@tools/build.sh release --tests
	@tools/test.sh $(release) unit

test-integration: ## tests with databases and sockets, in process
	@tools/setup.sh test
	@tools/build.sh release --tests
	@tools/test.sh $(release) integration

test-e2e: ## tests against the running programs
	@tools/setup.sh test
	@tools/build.sh release --tests
	@tools/test.sh $(release) e2e

test-page: ## the page: types, pure functions, size, and its flows in a real browser
	@tools/setup.sh test
	@tools/build.sh release --tests cumulo
	@tools/test.sh $(release) page

bench_programs := cumulo user-service task-service notification-service constant-server bare-beast raw-limits load
bench: ## measure, as ratios to limits taken in the same run (ARGS="--quick", ARGS="--only sqlite", ARGS=--help)
	@tools/setup.sh bench
	@tools/build.sh release --tests $(bench_programs)
	@$(python) benchmarks/bench.py $(ARGS)

profile: ## instructions per request by function, on any machine, busy or not (ARGS="get create")
	@tools/setup.sh bench
	@tools/build.sh release --tests cumulo constant-server
	@$(python) benchmarks/instructions.py profile $(ARGS)

lint: ## layout, clang-tidy, include rules, the contract, shell scripts
	@tools/setup.sh lint
	@tools/lint.sh

format: ## lay the C++ out
	@git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format-19 -i

docs: ## write docs/configuration.md, docs/events.md and the gateway's routes anew from the option tables and the contract
	@$(python) tools/gateway_routes.py api-gateway/routes.conf
	@$(python) monitoring/grafana/dashboards.py monitoring/grafana/dashboards
	@$(python) tools/events_page.py docs/events.md
	@tools/build.sh release cumulo user-service task-service notification-service
	@$(python) tools/configuration_page.py $(release)/bin docs/configuration.md

verify-ops: ## the gateway, monitoring, manifests and images, against the real things
	@tools/setup.sh ops
	@tools/build.sh release cumulo user-service task-service notification-service
	@tools/verify_ops.sh

images: ## every image, with podman or docker (CONTAINER=docker)
	@tools/images.sh

clean: ## delete what was built (not ./data)
	rm -rf build

.PHONY: help run dev test test-unit test-integration test-e2e test-page bench profile lint format docs verify-ops images clean
