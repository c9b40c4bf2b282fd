"""What has been measured on this machine, case by case, so that several runs make one page."""

import json

from benchmarks import machine

#: What may differ between runs that share a page.
_MAY_DIFFER = {"date", "system"}


class OtherMachineError(RuntimeError):
    """The folder holds results of another machine or other versions."""


class Store:
    """The results in ``folder/benchmarks.json``: the last of every case.

    Parameters
    ----------
    folder : Path
    fresh : bool
        Forget what is there.

    Attributes
    ----------
    record : dict
        ``machine``, ``versions`` and ``cases``: name -> result.

    Raises
    ------
    OtherMachineError
        If what is there cannot be compared with what is measured here.
    """

    def __init__(self, folder, fresh=False):
        self._path = folder / "benchmarks.json"
        self.record = {"machine": machine.facts(), "versions": {}, "cases": {}}
        if fresh or not self._path.exists():
            return
        found, here = json.loads(self._path.read_text()), self.record["machine"]
        differing = [
            name
            for name in here
            if name not in _MAY_DIFFER and found["machine"].get(name) != here[name]
        ]
        if differing:
            raise OtherMachineError(
                f"{self._path} was measured elsewhere (other {', '.join(differing)}): "
                "give --fresh to forget it, or another folder as --out"
            )
        self.record = found

    def add(self, result, versions, skipped):
        """Take a case's result in place of the one before, and save."""
        result = {**result, "date": machine.facts()["date"], "skipped": skipped}
        self.record["cases"][result["case"]] = result
        self.record["versions"] |= versions
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self.record, indent=1, ensure_ascii=False) + "\n")
