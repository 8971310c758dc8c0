"""Make the project's environment, and run its Python with the given arguments.

    python3 tools/setup_env.py                    make .venv-3.11 or .venv-3.13
    python3 tools/setup_env.py -m pytest          make it if needed, then run its Python
    python3 tools/setup_env.py --live             with torch and transformers too
    python3 tools/setup_env.py --system-packages  print the Debian packages that Blender needs

PYTHON names the interpreter to use. The syntax is that of Python 3.6 and only the standard library
is imported: the script has to start on whatever Python 3 a fresh machine has, if only to say which
one is missing.
"""

import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VERSIONS = ("3.13", "3.11")  # those for which Blender exists as a Python module, newest first
EXTRAS = "bench,blender,cluster,test"
# What bpy and its libraries link to (ldd), and libGL and libEGL, which Blender opens when it draws.
SYSTEM_PACKAGES = (
    "libegl1 libgl1 libice6 libsm6 libx11-6 libxext6 libxfixes3 libxi6 libxkbcommon0 libxrender1 libxt6"
)


class SetupError(Exception):
    """The environment cannot be made; the message says in a sentence what to do."""


def main(arguments):
    """Make the environment where it is missing or outdated, then do what the arguments say."""
    if arguments == ["--system-packages"]:
        print(SYSTEM_PACKAGES)
        return 0
    live = arguments[:1] == ["--live"]
    environment = ready_environment(live) or make_environment(live)
    arguments = arguments[1:] if live else arguments
    if not arguments:
        return 0
    return subprocess.call([python_of(environment), *arguments], cwd=ROOT)


def ready_environment(live):
    """Return the environment that needs nothing done, judged by its stamp alone, or None."""
    versions = wanted_versions()
    own = version_of(sys.executable)
    for version in [own] if own in versions else versions:
        environment = environment_of(version)
        if read(stamp_of(environment, live)) == fingerprint():
            return environment
    return None


def make_environment(live):
    """Create the environment, or bring it up to date, and return its folder."""
    interpreter, version = find_interpreter()
    environment = environment_of(version)
    say("Setting up {} (a few minutes the first time) ...".format(os.path.basename(environment)))
    if not os.path.exists(python_of(environment)):
        create(interpreter, environment)
    extras = EXTRAS + (",live" if live else "")
    pip = [python_of(environment), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if subprocess.call([*pip, "--editable", "{}[{}]".format(ROOT, extras)]) != 0:
        raise SetupError("pip could not install the packages; its message above says why.")
    check_blender(environment)
    for stamp in {stamp_of(environment, False), stamp_of(environment, live)}:
        with open(stamp, "w") as file:
            file.write(fingerprint())
    return environment


def create(interpreter, environment):
    """Create an empty environment with pip."""
    if subprocess.call([interpreter, "-c", "import ensurepip"], stderr=subprocess.DEVNULL) != 0:
        raise SetupError(
            "{} cannot make environments with pip: install its venv package (on Debian or Ubuntu: "
            "apt-get install -y python3-venv).".format(interpreter)
        )
    if subprocess.call([interpreter, "-m", "venv", environment]) != 0:
        raise SetupError("{} could not make {}.".format(interpreter, environment))


def check_blender(environment):
    """Import bpy once, so that a missing system library is named here and not in every test."""
    process = subprocess.Popen(
        [python_of(environment), "-c", "import bpy"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    message = process.communicate()[1].decode(errors="replace")
    if process.returncode == 0:
        return
    library = re.search(r"(lib\S+\.so\S*): cannot open shared object file", message)
    if library is None:
        raise SetupError("Blender's Python module does not load: {}".format(message.strip()))
    raise SetupError(
        "Blender needs the system library {}: install it (on Debian or Ubuntu: "
        "apt-get install -y {}).".format(library.group(1), SYSTEM_PACKAGES)
    )


def find_interpreter():
    """Return (interpreter, version) to make the environment with."""
    versions = wanted_versions()
    for interpreter in candidates(versions):
        version = version_of(interpreter)
        if version in versions:
            return interpreter, version
    raise SetupError(
        "No working Python {} was found (Blender exists for these only): install it, or name it with "
        "PYTHON=...".format(" or ".join(sorted(versions)))
    )


def wanted_versions():
    """Return the versions that will do: all of Blender's, or the one that PYTHON names."""
    name = os.environ.get("PYTHON", "")
    named = re.match(r"python(3\.\d+)$", name)
    version = named.group(1) if named else version_of(name) if name else None
    if name and version not in VERSIONS:
        raise SetupError("PYTHON={} is no Python 3.11 or 3.13, and Blender exists for no other.".format(name))
    return (version,) if version else VERSIONS


def candidates(versions):
    """Yield the interpreters to try: PYTHON, this one, those on PATH, those of pyenv."""
    if os.environ.get("PYTHON"):
        yield os.environ["PYTHON"]
    yield sys.executable
    for version in versions:
        yield "python" + version
        for interpreter in sorted(
            glob.glob(os.path.expanduser("~/.pyenv/versions/{}.*/bin/python3".format(version)))
        ):
            yield interpreter


def version_of(interpreter):
    """Return "3.x" of an interpreter, or None where it does not run."""
    if interpreter == sys.executable:
        return "{}.{}".format(*sys.version_info[:2])
    if shutil.which(interpreter) is None:
        return None
    code = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"
    try:
        return subprocess.check_output([interpreter, "-c", code], stderr=subprocess.DEVNULL).decode().strip()
    except (OSError, subprocess.CalledProcessError):  # a version manager's stand-in without its version
        return None


def environment_of(version):
    """Return the environment's folder for a Python version."""
    return os.path.join(ROOT, ".venv-" + version)


def python_of(environment):
    """Return the path of an environment's Python."""
    windows = os.name == "nt"
    return os.path.join(environment, *(("Scripts", "python.exe") if windows else ("bin", "python")))


def stamp_of(environment, live):
    """Return the file that records what the environment was made from."""
    return os.path.join(environment, "made-from-live" if live else "made-from")


def fingerprint():
    """Return a digest of everything that decides what is installed."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        return hashlib.sha256(file.read() + EXTRAS.encode()).hexdigest()


def read(path):
    """Return a file's text, or None where there is no file."""
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return file.read()


def say(text):
    """Print to the error stream: the output belongs to the command that runs."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as error:
        say("setup: {}".format(error))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
