"""The tests of the compiled loops once more, with a kernel that watches its own memory and arithmetic."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from jeugdzoek.search import kernel

COMPILER = shutil.which("gcc")
ASAN = (
    subprocess.run([COMPILER, "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
    if COMPILER
    else ""
)
HEADERS = Path(sysconfig.get_paths()["include"])
TESTS = Path(__file__).parent
SOURCES = sorted(TESTS.parent.glob("src/jeugdzoek/search/native/*.c"))


@pytest.mark.skipif(
    not (kernel.COMPILED and sys.platform == "linux" and Path(ASAN).is_absolute() and (HEADERS / "Python.h").exists()),
    reason="built without a C compiler, no gcc with sanitizers, or no headers of Python",
)
@pytest.mark.parametrize("tests", ["test_kernel_sums.py", "test_kernel_nearest.py", "test_kernel_fuse.py"])
def test_sanitizers_find_nothing(tmp_path: Path, tests: str) -> None:
    library = tmp_path / f"_kernel{sysconfig.get_config_var('EXT_SUFFIX')}"
    flags = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-ffp-contract=off"]
    assert COMPILER
    command = [COMPILER, *flags, "-fPIC", "-shared", f"-I{HEADERS}", *map(str, SOURCES), "-o", str(library)]
    subprocess.run([*command, "-Wall", "-Wextra", "-Werror"], check=True, timeout=120)
    program = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("jeugdzoek.search._kernel", {str(library)!r})
kernel = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kernel)
import jeugdzoek.search
sys.modules["jeugdzoek.search._kernel"] = jeugdzoek.search._kernel = kernel
from jeugdzoek.search.kernel import COMPILED
assert COMPILED is kernel
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", {str(TESTS / tests)!r}]))
"""
    # Python itself never gives back all it took: only what is read or written wrongly counts.
    settings_of_asan = {"LD_PRELOAD": ASAN, "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **settings_of_asan},
        capture_output=True,
        text=True,
        timeout=600,
        cwd=TESTS.parent,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
