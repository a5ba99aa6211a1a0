# Short names for dev.py, which also works where there is no make.
PYTHON ?= python3

.PHONY: help setup run test test-long check lock sbom audit

help:  ## say what there is
	@$(PYTHON) dev.py --help

setup:  ## fetch what running needs, without running
	@$(PYTHON) dev.py setup

run:  ## the dashboard with everything around it, on this machine
	@$(PYTHON) dev.py run

test:  ## everything that can be checked (some minutes)
	@$(PYTHON) dev.py test $(ARGS)

test-long:  ## the same and whatever takes longer (an hour or more)
	@$(PYTHON) dev.py test-long $(ARGS)

check:  ## what is worth checking every few changes (about a minute)
	@$(PYTHON) dev.py check

sbom:  ## what the product is made of, with the licences (CycloneDX, var/sbom.cdx.json)
	@$(PYTHON) dev.py sbom

audit:  ## known holes in what is locked; needs the registries' data
	@$(PYTHON) dev.py audit

lock:  ## take the newest allowed versions into requirements/ and package-lock.json
	@$(PYTHON) dev.py lock
