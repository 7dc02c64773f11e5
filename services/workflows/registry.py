"""Finds every process: a file in processes/ that declares PROCESS."""

import functools
import importlib
import pkgutil

from services.workflows import processes
from services.workflows.kernel.process import Process
from shared.problems import NotFound


@functools.cache
def all_processes() -> dict[str, Process]:
    return {
        module.name: importlib.import_module(f"{processes.__name__}.{module.name}").PROCESS
        for module in pkgutil.iter_modules(processes.__path__)
    }


def process_of(key: str) -> Process:
    found = all_processes().get(key)
    if found is None:
        raise NotFound("no-process", "没有这个流程，请从流程列表中选择。", field="process")
    return found
