"""Loaders of modules in files. Compiled programs can read such files; they cannot run them."""

import _imp
import os
import sys

from . import _bootstrap

path_separators = "/"
path_sep = "/"
SOURCE_SUFFIXES = [".py"]
BYTECODE_SUFFIXES = [".pyc"]
DEBUG_BYTECODE_SUFFIXES = OPTIMIZED_BYTECODE_SUFFIXES = BYTECODE_SUFFIXES
EXTENSION_SUFFIXES = [".cpython-314-x86_64-linux-gnu.so", ".abi3.so", ".so"]
MAGIC_NUMBER = (3627).to_bytes(2, "little") + b"\r\n"
_RAW_MAGIC_NUMBER = int.from_bytes(MAGIC_NUMBER, "little")
_PYCACHE = "__pycache__"
_OPT = "opt-"


def _pack_uint32(x):
    return (int(x) & 0xFFFFFFFF).to_bytes(4, "little")


def _unpack_uint32(data):
    return int.from_bytes(data, "little")


def cache_from_source(path, *, optimization=None):
    """Given the path to a .py file, return the path to its .pyc file."""
    tag = sys.implementation.cache_tag
    if tag is None:
        raise NotImplementedError("sys.implementation.cache_tag is None")
    head, tail = os.path.split(os.fspath(path))
    base, _, _ = tail.rpartition(".")
    name = f"{base or tail}.{tag}"
    if optimization:
        if not str(optimization).isalnum():
            raise ValueError(f"{str(optimization)!r} is not alphanumeric")
        name = f"{name}.{_OPT}{optimization}"
    return os.path.join(head, _PYCACHE, name + BYTECODE_SUFFIXES[0])


def source_from_cache(path):
    """Given the path to a .pyc. file, return the path to its .py file."""
    if sys.implementation.cache_tag is None:
        raise NotImplementedError("sys.implementation.cache_tag is None")
    head, name = os.path.split(os.fspath(path))
    head, cache = os.path.split(head)
    if cache != _PYCACHE:
        raise ValueError(f"{_PYCACHE} not bottom-level directory in {path!r}")
    if name.count(".") not in {2, 3}:
        raise ValueError(f"expected only 2 or 3 dots in {name!r}")
    return os.path.join(head, name.partition(".")[0] + SOURCE_SUFFIXES[0])


def decode_source(source_bytes):
    """Decode bytes representing source code and return the string."""
    import io
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(source_bytes).readline)
    return io.IncrementalNewlineDecoder(None, True).decode(source_bytes.decode(encoding))


def spec_from_file_location(name, location=None, *, loader=None, submodule_search_locations=...):
    """Return a module spec based on a file location."""
    if location is None:
        location = loader.get_filename(name)
    location = os.path.abspath(os.fspath(location))
    if loader is None:
        for loader_class, suffixes in _get_supported_file_loaders():
            if location.endswith(tuple(suffixes)):
                loader = loader_class(name, location)
                break
        else:
            return None
    spec = _bootstrap.ModuleSpec(name, loader, origin=location)
    spec._set_fileattr = True
    if submodule_search_locations is ...:
        if hasattr(loader, "is_package"):
            try:
                if loader.is_package(name):
                    spec.submodule_search_locations = []
            except ImportError:
                pass
    else:
        spec.submodule_search_locations = submodule_search_locations
    if spec.submodule_search_locations == []:
        spec.submodule_search_locations.append(os.path.dirname(location))
    return spec


class _LoaderBasics:
    def is_package(self, fullname):
        stem = os.path.basename(self.get_filename(fullname)).rsplit(".", 1)[0]
        return stem == "__init__" and fullname.rpartition(".")[2] != "__init__"

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        raise ImportError(f"unsupported: loading {module.__name__!r} from a file at run time", name=module.__name__)

    def load_module(self, fullname):
        raise ImportError(f"unsupported: loading {fullname!r} from a file at run time", name=fullname)


class SourceLoader(_LoaderBasics):
    def path_mtime(self, path):
        raise OSError

    def path_stats(self, path):
        return {"mtime": self.path_mtime(path)}

    def get_source(self, fullname):
        path = self.get_filename(fullname)
        try:
            source_bytes = self.get_data(path)
        except OSError as exc:
            raise ImportError("source not available through get_data()", name=fullname) from exc
        return decode_source(source_bytes)

    def get_code(self, fullname):
        raise ImportError(f"unsupported: compiling {fullname!r} at run time", name=fullname)

    def source_to_code(self, data, path="<string>"):
        return compile(data, path, "exec", dont_inherit=True)


class FileLoader:
    def __init__(self, fullname, path):
        self.name = fullname
        self.path = path

    def __eq__(self, other):
        return self.__class__ == other.__class__ and self.__dict__ == other.__dict__

    def __hash__(self):
        return hash(self.name) ^ hash(self.path)

    def get_filename(self, name=None):
        return self.path

    def get_data(self, path):
        with open(path, "rb") as file:
            return file.read()


class SourceFileLoader(FileLoader, SourceLoader):
    def path_stats(self, path):
        st = os.stat(path)
        return {"mtime": st.st_mtime, "size": st.st_size}

    def path_mtime(self, path):
        return os.stat(path).st_mtime


class SourcelessFileLoader(FileLoader, _LoaderBasics):
    def get_code(self, fullname):
        raise ImportError(f"unsupported: bytecode of {fullname!r}", name=fullname)

    def get_source(self, fullname):
        return None


class ExtensionFileLoader(FileLoader, _LoaderBasics):
    def create_module(self, spec):
        raise ImportError(f"unsupported: the extension module {spec.name!r}", name=spec.name)

    def get_code(self, fullname):
        return None

    def get_source(self, fullname):
        return None


class AppleFrameworkLoader(ExtensionFileLoader):
    pass


class NamespaceLoader:
    def __init__(self, name, path, path_finder=None):
        self._path = path

    def is_package(self, fullname):
        return True

    def get_source(self, fullname):
        return ""

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        pass


_NamespaceLoader = NamespaceLoader


class WindowsRegistryFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        return None


class PathFinder:
    """Meta path finder for sys.path: modules in files are not found, since they could not be run."""

    @staticmethod
    def invalidate_caches():
        pass

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        return None

    @staticmethod
    def find_distributions(*args, **kwargs):
        from importlib.metadata import MetadataPathFinder

        return MetadataPathFinder.find_distributions(*args, **kwargs)


class FileFinder:
    """File-based finder."""

    def __init__(self, path, *loader_details):
        loaders = []
        for loader, suffixes in loader_details:
            loaders.extend((suffix, loader) for suffix in suffixes)
        self._loaders = loaders
        self.path = os.path.abspath(path or ".")

    def invalidate_caches(self):
        pass

    def find_spec(self, fullname, target=None):
        tail = fullname.rpartition(".")[2]
        for suffix, loader in self._loaders:
            for candidate in (os.path.join(self.path, tail, "__init__" + suffix), os.path.join(self.path, tail + suffix)):
                if os.path.isfile(candidate):
                    return spec_from_file_location(fullname, candidate, loader=loader(fullname, candidate))
        return None

    @classmethod
    def path_hook(cls, *loader_details):
        def path_hook_for_FileFinder(path):
            if not os.path.isdir(path):
                raise ImportError("only directories are supported", path=path)
            return cls(path, *loader_details)

        return path_hook_for_FileFinder

    def __repr__(self):
        return f"FileFinder({self.path!r})"


def _get_supported_file_loaders():
    return [
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (SourceFileLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    ]
