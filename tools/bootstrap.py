"""Set up everything `make demo` and `make test` need; run by any Python >= 3.6.

    python3 tools/bootstrap.py run     # what the product needs
    python3 tools/bootstrap.py test    # that, plus the test tools, mosquitto and Chromium

A second run finds the stamp of the lock file and returns at once. Nothing here
names a package registry: pip and uv use whatever this machine is configured for.
"""

import glob
import hashlib
import os
import platform
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BOOT = os.path.join(ROOT, ".uv")
HOMES = tuple("/%s/" % each for each in ("root", "home", "run/user"))  # what ProtectHome= hides from services
PYTHON_RANGE = ">=3.12,<3.15"
SYSTEM_PARTS = {  # command names, the Debian package that brings one of them
    "mosquitto": (("mosquitto", "/usr/sbin/mosquitto"), "mosquitto"),
    "Chromium": (("chromium", "chromium-browser", "google-chrome"), "chromium"),
}
UNPACKED = os.path.join(ROOT, ".servers")  # tests/tomma/stores/influx_support.py looks here
UNPACKED_PARTS = {  # the same, but taken out of their packages: installed, they would start as services
    "InfluxDB": ("influxd", "influxdb"),
    "VictoriaMetrics": ("victoria-metrics", "victoria-metrics"),
}


def say(text):
    print("setup: " + text, flush=True)


def fail(text):
    sys.exit("setup: " + text)


def run(command, **keywords):
    try:
        subprocess.run(command, check=True, cwd=ROOT, **keywords)
    except (OSError, subprocess.CalledProcessError) as exc:
        fail("this command failed: %s\n%s" % (" ".join(command), exc))


def works(command, **keywords):
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **keywords)
    except OSError:
        return False
    return done.returncode == 0


def uv_environment():
    """uv works on .venv and copies, so that a cache on another file system is no error.

    A Python that it fetches lies here, too: in root's home no service's account could start it.
    """
    return dict(os.environ, UV_LINK_MODE="copy", VIRTUAL_ENV=VENV,
                UV_PYTHON_INSTALL_DIR=os.path.join(BOOT, "python"))


# -- uv ---------------------------------------------------------------------------------


def find_uv():
    own = os.path.join(BOOT, "bin", "uv")
    for candidate in (own, shutil.which("uv")):
        if candidate and works([candidate, "--version"]):
            return candidate
    return None


def bring_uv():
    """Install uv into .uv/ by whichever way this Python offers."""
    say("bringing uv (once)")
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    if works([sys.executable, "-m", "venv", BOOT]):
        run([os.path.join(BOOT, "bin", "python"), "-m", "pip", "install", "--quiet", "uv"])
    elif works([sys.executable, "-m", "pip", "--version"]):
        run(pip + ["--target", BOOT, "uv"])
    elif may_apt():
        apt_install(["python3-venv"])
        run([sys.executable, "-m", "venv", "--clear", BOOT])
        run([os.path.join(BOOT, "bin", "python"), "-m", "pip", "install", "--quiet", "uv"])
    else:
        fail("this Python has neither venv nor pip. Install one, for example:\n"
             "    sudo apt-get install python3-venv")
    return find_uv() or fail("uv was installed but does not start")


# -- Python -----------------------------------------------------------------------------


def acceptable(python):
    check = "import sys; sys.exit(not (3, 12) <= sys.version_info[:2] < (3, 15))"
    return works([python, "-c", check])


def is_hidden(path):
    """Whether it lies in somebody's home and we do not: our services do not see it."""
    return os.path.realpath(path).startswith(HOMES) and not os.path.realpath(ROOT).startswith(HOMES)


def find_python(uv):
    """A Python this project runs on: uv's choice, one of pyenv's, or one that uv fetches; in no home if there is one."""
    found = subprocess.run([uv, "python", "find", "--no-project", PYTHON_RANGE],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           universal_newlines=True, env=uv_environment())
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    # uv stops at a pyenv shim that has no version behind it, so pyenv's own folder is asked too.
    candidates = [found.stdout.strip()] if found.returncode == 0 else []
    for minor in ("3.13", "3.12", "3.14"):
        candidates += sorted(glob.glob(os.path.join(pyenv, "versions", minor + ".*", "bin", "python3")))
    candidates += [each for each in map(shutil.which, ("python3.13", "python3.12", "python3.14")) if each]
    for candidate in sorted(candidates, key=is_hidden):
        if candidate and acceptable(candidate):
            return candidate
    say("no Python %s here; asking uv to fetch one" % PYTHON_RANGE)
    if not works([uv, "python", "install", "3.13"], env=uv_environment()):
        fail("no Python %s was found and none could be fetched. Install one (python3.13) and run again."
             % PYTHON_RANGE)
    return "3.13"


# -- the environment ----------------------------------------------------------------------


def stamp_of(kind):
    digest = hashlib.sha256()
    for name in ("requirements/%s.txt" % kind, "pyproject.toml"):
        with open(os.path.join(ROOT, name), "rb") as handle:
            digest.update(handle.read())
    return digest.hexdigest()


def is_ready(kind):
    wanted = stamp_of(kind)
    try:
        with open(os.path.join(VENV, kind + ".stamp")) as handle:
            return handle.read() == wanted
    except OSError:
        return False


def install(kind):
    uv = find_uv() or bring_uv()
    python = os.path.join(VENV, "bin", "python")
    if not acceptable(python):
        chosen = find_python(uv)
        say("making .venv with %s" % chosen)
        run([uv, "venv", "--quiet", "--no-project", "--clear", "--python", chosen, VENV], env=uv_environment())
    say("installing the locked packages (%s)" % kind)
    target = [uv, "pip", "install", "--python", python]
    if kind == "run":  # a service may not write bytecode where it lies: each start would compile everything, a second
        target.append("--compile-bytecode")
    run(target + ["--require-hashes", "-r", "requirements/%s.txt" % kind], env=uv_environment())
    # The project itself, as a path file: nothing to build and nothing to fetch.
    run(target + ["--quiet", "--no-deps", "--no-build-isolation", "-e", "."], env=uv_environment())
    if kind == "run":
        run([python, "-m", "compileall", "-q", "tomma", "ingest", "routing", "api", "simulator"])
    with open(os.path.join(VENV, kind + ".stamp"), "w") as handle:
        handle.write(stamp_of(kind))


# -- system parts for the tests -------------------------------------------------------------


def may_apt():
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return bool(shutil.which("apt-get")) and (root or works(["sudo", "-n", "true"]))


def apt_install(packages):
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(prefix + ["apt-get", "update", "-q"], env=environment)
    run(prefix + ["apt-get", "install", "-qy", "--no-install-recommends"] + packages, env=environment)


def missing_parts():
    return [name for name, (commands, _) in SYSTEM_PARTS.items()
            if not any(shutil.which(command) for command in commands)]


def ensure_system_parts():
    missing = missing_parts()
    if not missing:
        return
    packages = [SYSTEM_PARTS[name][1] for name in missing]
    if may_apt():
        say("installing %s with apt" % ", ".join(missing))
        apt_install(packages)
    if missing_parts():
        hint = "brew install" if platform.system() == "Darwin" else "sudo apt-get install"
        fail("the tests need %s. Install them and run again:\n    %s %s"
             % (" and ".join(missing_parts()), hint, " ".join(packages)))


def missing_servers():
    search = UNPACKED + os.pathsep + os.environ.get("PATH", "")
    return [name for name, (command, _) in UNPACKED_PARTS.items() if not shutil.which(command, path=search)]


def ensure_servers():
    """Bring the time-series servers of the tests: 28 MB, into .servers/, with nothing installed or started."""
    missing = missing_servers()
    if not missing:
        return
    packages = [UNPACKED_PARTS[name][1] for name in missing]
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        say("unpacking %s into .servers" % " and ".join(missing))
        if not works(["apt-cache", "show"] + packages) and may_apt():
            run(([] if os.geteuid() == 0 else ["sudo", "-n"]) + ["apt-get", "update", "-q"])
        unpack(packages)
    if missing_servers():
        fail("the tests need %s: put influxd (1.x) and victoria-metrics on the PATH and run again" % " and ".join(missing))


def unpack(packages):
    downloads = os.path.join(UNPACKED, "downloads")
    os.makedirs(downloads, exist_ok=True)
    works(["chmod", "a+rwx", downloads])  # apt downloads as a user of its own
    try:
        subprocess.check_call(["apt-get", "download", "-q"] + packages, cwd=downloads)
        for name in os.listdir(downloads):
            whole = os.path.join(downloads, "whole")
            subprocess.check_call(["dpkg-deb", "--extract", os.path.join(downloads, name), whole])
        for command in (command for command, package in UNPACKED_PARTS.values() if package in packages):
            shutil.copy2(os.path.join(whole, "usr", "bin", command), UNPACKED)
    except (OSError, subprocess.CalledProcessError) as exc:
        say("could not bring them: %s" % exc)
    finally:
        shutil.rmtree(downloads, ignore_errors=True)


def main():
    kind = sys.argv[1] if len(sys.argv) == 2 else ""
    if kind not in ("run", "test"):
        fail("usage: bootstrap.py run|test")
    if not is_ready(kind) or not acceptable(os.path.join(VENV, "bin", "python")):
        install(kind)
    python = os.path.join(VENV, "bin", "python")
    if kind == "run" and is_hidden(python):
        say("%s lies in a home directory: fine for a demo, but the services of deploy/ cannot start it. For those,\n"
            "    install a Python %s for the whole machine, remove .venv and run this again"
            % (os.path.realpath(python), PYTHON_RANGE))
    if kind == "test":
        ensure_system_parts()
        ensure_servers()


if __name__ == "__main__":
    main()
