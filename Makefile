# Needs python3 and make; PYTHON=python3.13 chooses the Python, and with it the Blender, to work with.
IN_ENV = python3 tools/setup_env.py

.PHONY: setup test lint format demo look bench build repository bundle clean

setup:          ## make the environment (every other target does so too)
	@$(IN_ENV)

test:           ## run the tests
	@$(IN_ENV) -m pytest

lint:           ## check the format, the style and the types
	@$(IN_ENV) -m ruff format --check .
	@$(IN_ENV) -m ruff check .
	@$(IN_ENV) -m mypy
	@tools/check_page.sh

format:         ## bring the code into its format
	@$(IN_ENV) -m ruff format .
	@$(IN_ENV) -m ruff check --fix .

demo:           ## leave a video, a .glb, a .blend and a web page in renders/
	@$(IN_ENV) -m llm_scene.cli demo

look:           ## leave a frame a second on one sheet, and their measures, in look/; ASK="--film short --look paper"
	@$(IN_ENV) -m llm_scene.cli look $(ASK)

bench:          ## measure, and write benchmarks/results.md and .svg; ONLY="cells gpt2" measures some again
	@$(IN_ENV) -m benchmarks $(ONLY)

build:          ## leave the extension's zips, one a platform, in dist/
	@$(IN_ENV) tools/build_extension.py

repository:     ## the same, and a list of them in dist/ that makes it a repository Blender subscribes to
	@$(IN_ENV) tools/build_extension.py --repository

bundle:         ## vendor what the web page uses of three.js; needs npm
	@tools/bundle_three.sh

clean:
	rm -rf build dist wheels .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
