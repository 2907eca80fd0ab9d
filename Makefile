# What developers run. Each target is one line that calls dev/; all that it needs is built on first use.
PYTHON ?= python3
RUN = $(PYTHON) -m dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-plain test-odoo test-beside test-connectors coverage mutation installed versions core-tests upgrade reinstall accounting-table translations docs bench days faults storm chaos lint format screenshots shell odoo lock stop clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## build and start what everything else needs
	@$(PYTHON) -m dev.setup

demo: ## the story on a real Odoo and the local Amazon; ARGS=--exit ends after it
	@$(RUN) dev.demo $(ARGS)

test: ## all tests; ARGS="-k name" for pytest
	@$(RUN) dev.test -- $(ARGS)

test-plain: ## the tests that need no Odoo
	@$(RUN) dev.test --plain-only -- $(ARGS)

test-odoo: ## the tests that need Odoo, in a database that is kept: quick turns
	@$(RUN) dev.test --odoo-only --database=$(DB) -- $(ARGS)

upgrade: ## update a database of the version before, and see that nothing is lost (a part of test)
	@$(RUN) dev.upgrade

reinstall: ## uninstall the addon with work under way and install it again (a part of test)
	@$(RUN) dev.reinstall

test-beside: ## the tests that need other departments' and other authors' addons, with these installed
	@$(RUN) dev.test --beside $(if $(filter command line,$(origin DB)),--database=$(DB)) -- $(ARGS)

test-connectors: ## the tests beside stand-ins of public connectors, installed before the addon and after it
	@$(RUN) dev.connectors $(ARGS)

installed: ## install as an administrator does: pip, a fresh environment, a database; and see what is refused
	@$(RUN) dev.installed

versions: ## the tests with the oldest libraries; ARGS=--pythons for all plain tests on each Python at hand
	@$(RUN) dev.versions $(ARGS)

coverage: ## which branches of spapi/ and models/ no test reaches; fails below 95 %
	@$(RUN) dev.coverage -- $(ARGS)

mutation: ## change the code in small ways, and see that tests notice; ARGS="--sample 100 --only models/books"
	@$(RUN) dev.mutation $(ARGS)

core-tests: ## Odoo's own tests without and with the addon, and what differs; ARGS="sale stock"
	@$(RUN) dev.core_tests $(ARGS)

lint: ## all checks of the sources
	@$(RUN) dev.lint

format: ## the checks, mending what can be mended
	@$(RUN) dev.lint --fix

docs: ## the documentation as a site, in build/site
	@$(RUN) dev.docs

screenshots: ## the pictures of README and the store page
	@$(RUN) dev.screenshots $(ARGS)

bench: ## what it costs, measured (docs/benchmarks.md); ARGS="--parts=telling,size --write"
	@$(RUN) dev.bench $(ARGS)

days: ## play days of sellers of all sizes against Amazon's rates, in a minute; ARGS=--write for docs/days.md
	@$(RUN) dev.days $(ARGS)

faults: ## kill Odoo and let Amazon falter, and see that both agree at the end; ARGS=--seed=2
	@$(RUN) dev.faults $(ARGS)

storm: ## every operation times every fault, and the table of what was found; ARGS=--write
	@$(RUN) dev.storm $(ARGS)

chaos: ## kill, cut off and crowd real processes, and see that all agrees; ARGS="--seeds=8 --write"
	@$(RUN) dev.chaos $(ARGS)

shell: ## Odoo's Python shell in the database of test-odoo
	@$(RUN) dev.run_odoo shell -d $(DB)

odoo: ## an Odoo server on the database of test-odoo, port 8069
	@$(RUN) dev.run_odoo server -d $(DB) --http-interface=127.0.0.1 $(ARGS)

accounting-table: ## write the table of docs/accounting.md anew, from the tests that prove it
	@WRITE_ACCOUNTING_TABLE=1 $(RUN) dev.test --odoo-only -- -k TestCasesGeneric

translations: ## write i18n/ anew: the template, and every language that has a file there
	@$(RUN) dev.translations

lock: ## resolve dev/requirements.in into pinned versions; ARGS=--upgrade for the newest
	@$(PYTHON) -m dev.setup lock $(ARGS)

stop: ## stop the database server
	@$(PYTHON) -m dev.setup stop

clean: ## remove all that was built, for every clone that shares the cache directory
	@$(PYTHON) -m dev.setup clean

# Of this clone alone: another clone may use the same database server.
DB ?= scratch_$(shell pwd | cksum | cut -d' ' -f1)
