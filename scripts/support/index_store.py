"""Reads the index store that every debug build of Swift writes, through libIndexStore of the toolchain."""

import ctypes
import json
import subprocess
import sys
from ctypes import CFUNCTYPE, POINTER, byref, c_bool, c_char_p, c_int, c_int64, c_size_t, c_uint, c_uint64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path

# Kinds of symbols
MODULE, ENUM, STRUCT, CLASS, PROTOCOL, EXTENSION = 1, 5, 6, 7, 8, 9
INSTANCE_PROPERTY, CONSTRUCTOR = 19, 22
TYPES = {ENUM, STRUCT, CLASS, PROTOCOL}
_ACCESSORS = {3, 4, *range(1000, 1004), *range(1014, 1019)}
# Roles
DEFINITION, REFERENCE = 1 << 1, 1 << 2
CHILD_OF, OVERRIDE_OF, CALLED_BY, EXTENDED_BY, ACCESSOR_OF, CONTAINED_BY = 1 << 9, 1 << 11, 1 << 13, 1 << 14, 1 << 15, 1 << 16


class IndexProblem(Exception):
    pass


@dataclass(slots=True, frozen=True)
class Symbol:
    usr: str
    name: str
    kind: int
    subkind: int

    @property
    def is_accessor(self) -> bool:
        return self.subkind in _ACCESSORS


@dataclass(slots=True)
class Occurrence:
    symbol: Symbol
    roles: int
    line: int
    column: int
    relations: list[tuple[int, Symbol]]


@dataclass
class IndexedFile:
    #: Relative to the root of the package.
    path: Path
    module: str
    occurrences: list[Occurrence] = field(default_factory=list)


class _Text(ctypes.Structure):
    _fields_ = [("data", POINTER(ctypes.c_char)), ("length", c_size_t)]

    def __str__(self):
        return ctypes.string_at(self.data, self.length).decode(errors="replace") if self.length else ""


_EachText = CFUNCTYPE(c_bool, c_void_p, _Text)
_Each = CFUNCTYPE(c_bool, c_void_p, c_void_p)
_FUNCTIONS = {
    "store_create": (c_void_p, [c_char_p, POINTER(c_void_p)]),
    "store_units_apply_f": (c_bool, [c_void_p, c_uint, c_void_p, _EachText]),
    "error_get_description": (c_char_p, [c_void_p]),
    "unit_reader_create": (c_void_p, [c_void_p, c_char_p, POINTER(c_void_p)]),
    "unit_reader_dispose": (None, [c_void_p]),
    "unit_reader_is_system_unit": (c_bool, [c_void_p]),
    "unit_reader_get_main_file": (_Text, [c_void_p]),
    "unit_reader_get_working_dir": (_Text, [c_void_p]),
    "unit_reader_get_module_name": (_Text, [c_void_p]),
    "unit_reader_get_modification_time": (None, [c_void_p, POINTER(c_int64), POINTER(c_int64)]),
    "unit_reader_dependencies_apply_f": (c_bool, [c_void_p, c_void_p, _Each]),
    "unit_dependency_get_kind": (c_int, [c_void_p]),
    "unit_dependency_get_filepath": (_Text, [c_void_p]),
    "unit_dependency_get_name": (_Text, [c_void_p]),
    "record_reader_create": (c_void_p, [c_void_p, c_char_p, POINTER(c_void_p)]),
    "record_reader_dispose": (None, [c_void_p]),
    "record_reader_occurrences_apply_f": (c_bool, [c_void_p, c_void_p, _Each]),
    "occurrence_get_symbol": (c_void_p, [c_void_p]),
    "occurrence_get_roles": (c_uint64, [c_void_p]),
    "occurrence_get_line_col": (None, [c_void_p, POINTER(c_uint), POINTER(c_uint)]),
    "occurrence_relations_apply_f": (c_bool, [c_void_p, c_void_p, _Each]),
    "symbol_relation_get_roles": (c_uint64, [c_void_p]),
    "symbol_relation_get_symbol": (c_void_p, [c_void_p]),
    "symbol_get_usr": (_Text, [c_void_p]),
    "symbol_get_name": (_Text, [c_void_p]),
    "symbol_get_kind": (c_int, [c_void_p]),
    "symbol_get_subkind": (c_int, [c_void_p]),
}
_RECORD = 2


def _library() -> ctypes.CDLL:
    try:
        target = json.loads(subprocess.run(
            ["swift", "-print-target-info"], check=True, capture_output=True, text=True).stdout)
    except (OSError, subprocess.CalledProcessError) as error:
        raise IndexProblem(f"there is no Swift toolchain to read the index with: {error}") from error
    # …/usr/lib/swift, beside which the library is.
    folder = Path(target["paths"]["runtimeResourcePath"]).parent
    path = folder / ("libIndexStore.dylib" if sys.platform == "darwin" else "libIndexStore.so")
    if not path.exists():
        raise IndexProblem(f"the Swift toolchain has no {path}")
    library = ctypes.CDLL(str(path))
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, f"indexstore_{name}")
        function.restype, function.argtypes = result, arguments
    return library


class IndexStore:
    def __init__(self, path: Path):
        if not (path / "v5" / "units").is_dir():
            raise IndexProblem(f"there is no index store {path}: run `swift build --build-tests` first")
        self._c = _library()
        self._store = self._made(self._c.indexstore_store_create, str(path).encode())
        self._symbols: dict[str, Symbol] = {}

    def files(self, folder: Path, root: Path) -> list[IndexedFile]:
        """What the newest build of each Swift file under the folder has seen in it; files that are gone count for nothing."""
        newest: dict[Path, tuple[tuple[int, int], str, str]] = {}
        for name in self._unit_names():
            unit = self._made(self._c.indexstore_unit_reader_create, self._store, name)
            try:
                # Where the package was when it was built may not be where it is now.
                main, built = (str(self._c.indexstore_unit_reader_get_main_file(unit)),
                               str(self._c.indexstore_unit_reader_get_working_dir(unit)))
                if not main.endswith(".swift") or not Path(main).is_relative_to(Path(built) / folder):
                    continue
                path = Path(main).relative_to(built)
                record = self._record(unit, main)
                time = self._time(unit)
                if record and (root / path).is_file() and (path not in newest or newest[path][0] < time):
                    newest[path] = (time, str(self._c.indexstore_unit_reader_get_module_name(unit)), record)
            finally:
                self._c.indexstore_unit_reader_dispose(unit)
        self._insist_on_all(newest, folder, root)
        return [IndexedFile(path, module, self._occurrences(record))
                for path, (_, module, record) in sorted(newest.items())]

    def _insist_on_all(self, found: dict, folder: Path, root: Path) -> None:
        files = {path.relative_to(root): path.stat().st_mtime for path in (root / folder).rglob("*.swift")}
        old = [str(path) for path, changed in sorted(files.items())
               if path not in found or found[path][0] < divmod(int(changed * 1e9), 10**9)]
        if old:
            raise IndexProblem(
                f"{len(old)} files have changed since they were built (as {old[0]}): run `swift build --build-tests` first")

    def _made(self, function, *arguments):
        error = c_void_p()
        made = function(*arguments, byref(error))
        if not made:
            raise IndexProblem(self._c.indexstore_error_get_description(error).decode())
        return made

    def _unit_names(self) -> list[bytes]:
        names = []

        def each(_, name):
            names.append(str(name).encode())
            return True
        self._c.indexstore_store_units_apply_f(self._store, 0, None, _EachText(each))
        return names

    def _time(self, unit) -> tuple[int, int]:
        seconds, nanoseconds = c_int64(), c_int64()
        self._c.indexstore_unit_reader_get_modification_time(unit, byref(seconds), byref(nanoseconds))
        return seconds.value, nanoseconds.value

    def _record(self, unit, main: str) -> str | None:
        c, names = self._c, []

        def each(_, dependency):
            if (c.indexstore_unit_dependency_get_kind(dependency) == _RECORD
                    and str(c.indexstore_unit_dependency_get_filepath(dependency)) == main):
                names.append(str(c.indexstore_unit_dependency_get_name(dependency)))
            return not names
        c.indexstore_unit_reader_dependencies_apply_f(unit, None, _Each(each))
        return names[0] if names else None

    def _occurrences(self, record: str) -> list[Occurrence]:
        c, found = self._c, []
        line, column = c_uint(), c_uint()
        at_line, at_column = byref(line), byref(column)
        known: dict[int, Symbol] = {}
        relations: list[tuple[int, Symbol]] = []

        def symbol(handle) -> Symbol:
            if handle not in known:
                known[handle] = self._symbol(handle)
            return known[handle]

        def each_relation(_, relation):
            relations.append((c.indexstore_symbol_relation_get_roles(relation),
                              symbol(c.indexstore_symbol_relation_get_symbol(relation))))
            return True
        each_relation_c = _Each(each_relation)

        def each(_, occurrence):
            c.indexstore_occurrence_get_line_col(occurrence, at_line, at_column)
            c.indexstore_occurrence_relations_apply_f(occurrence, None, each_relation_c)
            found.append(Occurrence(
                symbol(c.indexstore_occurrence_get_symbol(occurrence)),
                c.indexstore_occurrence_get_roles(occurrence), line.value, column.value, relations.copy()))
            relations.clear()
            return True
        reader = self._made(c.indexstore_record_reader_create, self._store, record.encode())
        c.indexstore_record_reader_occurrences_apply_f(reader, None, _Each(each))
        c.indexstore_record_reader_dispose(reader)
        return found

    def _symbol(self, handle) -> Symbol:
        c = self._c
        usr = str(c.indexstore_symbol_get_usr(handle))
        if usr not in self._symbols:
            self._symbols[usr] = Symbol(
                usr, str(c.indexstore_symbol_get_name(handle)), c.indexstore_symbol_get_kind(handle),
                c.indexstore_symbol_get_subkind(handle))
        return self._symbols[usr]
