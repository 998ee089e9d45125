"""Writes the checkpoints that the readers' tests and the fuzzer start from, and what is expected of each.

    python make_corpus.py ../../fixtures/checkpoints

manifest.json says for every file either which tensors it holds (their values, as float64, are in
expected.safetensors under "file/name") or which words its refusal must contain. Needs PyTorch.
"""
import argparse, collections, datetime, io, json, os, pathlib, pickle, struct, sys, zipfile, zlib
import numpy as np
import torch

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
manifest, expected = [], {}


def flatten(value, prefix=""):
    if isinstance(value, torch.Tensor):
        return {prefix: value.detach().to(torch.float64).contiguous().numpy()}
    if isinstance(value, argparse.Namespace):
        value = vars(value)
    result = {}
    if isinstance(value, dict):
        for key, member in value.items():
            result |= flatten(member, f"{prefix}{key}" if not prefix else f"{prefix}/{key}")
    return result


def readable(name, value, note, **more):
    tensors = flatten(value)
    for key, array in tensors.items():
        expected[f"{name}/{key}"] = array
    manifest.append({"file": name, "note": note, "tensors": list(tensors)} | more)


def refused(name, note, *words):
    manifest.append({"file": name, "note": note, "refused": list(words)})


def save(name, value, note, raw=None, **options):
    torch.save(value, OUT / name, **options)
    readable(name, value if raw is None else raw, note)


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def rezip(name, items, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(OUT / name, "w", compression) as archive:
        for entry, data in items:
            archive.writestr(zipfile.ZipInfo(entry, (1980, 1, 1, 0, 0, 0)), data, compression)


class Call:
    """Pickles as a call of `function(*arguments)`."""
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


torch.manual_seed(1)
weight, bias = torch.randn(3, 4), torch.randn(4)
plain = {"layer.weight": weight, "layer.bias": bias}

# What is read.
save("plain.pt", plain, "a state dict")
module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
save("module.pth", module.state_dict(), "an OrderedDict with _metadata, and an int64 count")
save("parameters.pt", {"w": torch.nn.Parameter(weight.clone())}, "a parameter")
save("types.pt", {str(kind).split(".")[1]: (torch.arange(-3, 5) * 1.5).to(kind) if kind not in (torch.uint8, torch.bool)
                  else torch.tensor([0, 1, 2, 200]).to(kind)
                  for kind in (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
                               torch.int16, torch.int8, torch.uint8, torch.bool)}, "all number types")
base = torch.arange(24, dtype=torch.float32)
save("views.pt", {"whole": base, "offset": base[5:9], "transposed": base.view(4, 6).t(), "steps": base[1::3],
                  "repeated": base[2:3].expand(4, 3), "inner": base.view(2, 3, 4)[:, 1, 1:3], "scalar": torch.tensor(3.5),
                  "empty": torch.zeros(0, 5), "again": base.view(2, 12)}, "shared storage, offsets and strides")
for protocol in range(6):
    value = {"t": weight, "n": [1, -2, 300, 70000, -5_000_000_000, 1.5, True, False, None, "äπ\n", b"\x00\xff"],
             "s": {1, 2}, "p": (1, (2,), (), (1, 2, 3), (1, 2, 3, 4)), "d": collections.OrderedDict(a=1),
             "f": frozenset([3]), "c": collections.Counter("aab"), "when": datetime.timedelta(3)}
    if protocol == 0:
        del value["t"]  # it has no way to write a storage
    save(f"protocol{protocol}.pt", value, f"pickle protocol {protocol}", pickle_protocol=protocol)
save("legacy.pt", {"a": weight, "b": weight[1:], "c": bias.double()}, "the stream of torch.save before 1.6",
     _use_new_zipfile_serialization=False)
save("namespace.ckpt", {"state_dict": plain, "hyper_parameters": argparse.Namespace(
    backbone="ncsnpp", nf=4, path=pathlib.PosixPath("/data/x"), scale=np.float64(0.5))}, "an argparse Namespace",
     raw={"state_dict": plain})


class SpecsDataModule:
    pass


SpecsDataModule.__module__, SpecsDataModule.__qualname__ = "sgmse.data_module", "SpecsDataModule"
package, module_ = type(sys)("sgmse"), type(sys)("sgmse.data_module")
module_.SpecsDataModule, package.data_module = SpecsDataModule, module_
sys.modules |= {"sgmse": package, "sgmse.data_module": module_}
save("named-class.ckpt", {"state_dict": plain, "hyper_parameters": {"data_module_cls": SpecsDataModule}},
     "a class that is only named", raw={"state_dict": plain})
save("named-system.ckpt", {"state_dict": plain, "f": os.system}, "os.system, named but never called", raw={"state_dict": plain})
loop = {"t": weight}
loop["self"] = loop
torch.save(loop, OUT / "circular.pt")
readable("circular.pt", {"t": weight}, "a dictionary that contains itself")

# Archives in other shapes.
items = entries(OUT / "plain.pt")
rezip("other-folder.bin", [(f"some run, last{n[n.index('/'):]}", d) for n, d in items], )
readable("other-folder.bin", plain, "another top folder and extension")
rezip("nested.pt", [(f"a/b{n[n.index('/'):]}", d) for n, d in items])
readable("nested.pt", plain, "a folder in a folder")
rezip("no-folder.pt", [(n[n.index("/") + 1:], d) for n, d in items])
readable("no-folder.pt", plain, "no top folder")
rezip("second-pickle.pt", items + [("plain/data/evil.pkl", pickle.dumps(Call(os.system, "true"), 2))])
readable("second-pickle.pt", plain, "a pickle among the data, which nobody reads")
with open(OUT / "streamed.pt", "wb") as file:
    class Unseekable(io.RawIOBase):
        def writable(self): return True
        def write(self, data): return file.write(data)
    with zipfile.ZipFile(Unseekable(), "w") as archive:
        for name, data in items:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
readable("streamed.pt", plain, "sizes behind the data (flag bit 3)")
with zipfile.ZipFile(OUT / "zip64.pt", "w") as archive:
    for name, data in items:
        with archive.open(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), "w", force_zip64=True) as entry:
            entry.write(data)
readable("zip64.pt", plain, "ZIP64 fields in the entries' own headers")


def wide_directory(data):
    """The same archive with a ZIP64 end record and 64-bit fields in its directory."""
    end = data.rindex(b"PK\5\6")
    count, size, start = struct.unpack("<HII", data[end + 10:end + 20])
    directory, place, out = data[start:start + size], 0, b""
    while place < len(directory):
        head = bytearray(directory[place:place + 46])
        packed, unpacked, n, e, c = struct.unpack("<IIHHH", head[20:34])
        offset, = struct.unpack("<I", head[42:46])
        field = struct.pack("<HHQQQ", 1, 24, unpacked, packed, offset)
        struct.pack_into("<IIHHH", head, 20, 0xFFFFFFFF, 0xFFFFFFFF, n, len(field), 0)
        struct.pack_into("<I", head, 42, 0xFFFFFFFF)
        out += bytes(head) + directory[place + 46:place + 46 + n] + field
        place += 46 + n + e + c
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(out), start)
    locator = struct.pack("<IIQI", 0x07064B50, 0, start + len(out), 1)
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:start] + out + record + locator + tail


plain_bytes = (OUT / "plain.pt").read_bytes()
(OUT / "zip64-directory.pt").write_bytes(wide_directory(plain_bytes))
readable("zip64-directory.pt", plain, "a ZIP64 directory")
flagged = bytearray(plain_bytes)
for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
    at = flagged.find(signature)
    while at >= 0:
        flagged[at + place] |= 0x01
        at = flagged.find(signature, at + 4)
(OUT / "flag-bits.pt").write_bytes(flagged)
readable("flag-bits.pt", plain, "flag bits that claim encryption")
swap = {name: d for name, d in items}
big = []
for name, data in items:
    if "/data/" in name:
        data = np.frombuffer(data, "<f4").astype(">f4").tobytes()
    if name.endswith("byteorder"):
        data = b"big"
    big.append((name, data))
rezip("big-endian.pt", big)
readable("big-endian.pt", plain, "numbers big end first")

# What is refused.
def call(name, value, word, note, **options):
    torch.save({"x": value, "state_dict": plain}, OUT / name, **options)
    refused(name, note, word)


call("call-system.pt", Call(os.system, "true"), "posix.system", "os.system is called")
call("call-system4.pt", Call(os.system, "true"), "posix.system", "the same in protocol 4", pickle_protocol=4)
call("call-eval.pt", Call(eval, "1"), "eval", "eval is called")
call("call-getattr.pt", Call(getattr, Call(dict), "keys"), "getattr", "getattr is called")
call("call-legacy.pt", Call(os.system, "true"), "posix.system", "os.system in the old stream",
     _use_new_zipfile_serialization=False)


class DictConfig:
    def __init__(self): self._content = {"nf": 4}


DictConfig.__module__, DictConfig.__qualname__ = "omegaconf.dictconfig", "DictConfig"
omega, omega_config = type(sys)("omegaconf"), type(sys)("omegaconf.dictconfig")
omega_config.DictConfig, omega.dictconfig = DictConfig, omega_config
sys.modules |= {"omegaconf": omega, "omegaconf.dictconfig": omega_config}
call("omegaconf.ckpt", DictConfig(), "omegaconf.dictconfig.DictConfig", "an object of a foreign class")


def raw_pickle(name, data, word, note):
    rezip(name, [(n, data if n.endswith("data.pkl") else d) for n, d in items])
    refused(name, note, word)


raw_pickle("inst.pt", b"(S'true'\nios\nsystem\n.", "os.system", "the INST code")
raw_pickle("obj.pt", b"(cos\nsystem\nS'true'\no.", "os.system", "the OBJ code")
raw_pickle("dotted.pt", b"\x80\x02ctorch.serialization\nos.system\nX\x04\0\0\0true\x85R.", "torch.serialization.os.system",
           "a dotted name below an innocent module")
raw_pickle("from-type.pt", b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\ncbuiltins\nint\n(X\x04\0\0\0truet}tR.",
           "_rebuild_from_type_v2", "os.system handed to a harmless function")
raw_pickle("build-class.pt", b"\x80\x02cargparse\nNamespace\n}X\x01\0\0\0aK\x01sb.", "argparse.Namespace", "a state for a class")
raw_pickle("extension.pt", b"\x80\x02\x82\x01.", "private code", "a code of the extension registry")
raw_pickle("memo.pt", b"\x80\x02]r\xff\xff\xff\xffj\xfe\xff\xff\xff.", "has not made", "a memo index that was never set")
raw_pickle("length.pt", b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.", "ends early", "a text of 2^63 bytes")
raw_pickle("stack.pt", b"\x80\x02((RR.", "takes more than it has", "an empty stack")
raw_pickle("unended.pt", b"\x80\x02]", "ends early", "no end")
raw_pickle("protocol9.pt", b"\x80\x09N.", "protocol 9", "an unknown protocol")


def tensor_pickle(count, offset, shape, strides, kind=b"FloatStorage"):
    def integer(n): return b"\x8a\x08" + struct.pack("<q", n)
    def integers(ns): return b"(" + b"".join(map(integer, ns)) + b"t"
    return (b"\x80\x02}X\1\0\0\0xctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\n" + kind +
            b"\nX\1\0\0\0" + b"0X\3\0\0\0cpu" + integer(count) + b"tQ" + integer(offset) + integers(shape) +
            integers(strides) + b"\x89NtRs.")


for name, arguments, word in [
    ("huge-shape.pt", (12, 0, [1 << 40], [1]), "reaches number"),
    ("overflow.pt", (12, 0, [1 << 32, 1 << 32, 2], [1, 1, 1]), "beyond any memory"),
    ("overflow-stride.pt", (12, 0, [3], [(1 << 62) + 1]), "beyond any memory"),
    ("expanded.pt", (12, 0, [1 << 40], [0]), "more elements than the file has bytes"),
    ("negative.pt", (12, 0, [-1], [1]), "shape [-1]"),
    ("negative-stride.pt", (12, 4, [2], [-1]), "strides [-1]"),
    ("outside.pt", (12, 9, [4], [1]), "reaches number 12"),
    ("huge-storage.pt", (1 << 60, 0, [1], [1]), "more than the file can hold"),
    ("wrong-storage.pt", (13, 0, [1], [1]), "and it has 48 bytes"),
]:
    raw_pickle(name, tensor_pickle(*arguments), word, "numbers that the file does not hold")
complex_pickle = tensor_pickle(6, 0, [6], [1], b"ComplexFloatStorage")
rezip("complex.pt", [(n, complex_pickle if n.endswith("data.pkl") else d) for n, d in items])
manifest.append({"file": "complex.pt", "note": "complex numbers", "unreadable": "ComplexFloatStorage"})

damaged = bytearray(plain_bytes)
at = damaged.index(weight.numpy().tobytes())
damaged[at] ^= 0x40
(OUT / "checksum.pt").write_bytes(damaged)
manifest.append({"file": "checksum.pt", "note": "a flipped bit among the weights", "unreadable": "checksum"})
damaged = bytearray(plain_bytes)
damaged[damaged.index(b"layer.weight") + 2] ^= 1
(OUT / "checksum-description.pt").write_bytes(damaged)
refused("checksum-description.pt", "a flipped bit in the description", "checksum")
rezip("compressed.pt", items, zipfile.ZIP_DEFLATED)
refused("compressed.pt", "compressed entries", "compressed", "torch.save")
with zipfile.ZipFile(OUT / "twice.pt", "w") as archive:
    import warnings
    warnings.simplefilter("ignore")
    for name, data in items + [("plain/data.pkl", pickle.dumps(Call(os.system, "true"), 2))]:
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
refused("twice.pt", "two entries of one name", "twice")
renamed = bytearray(plain_bytes)
renamed[renamed.index(b"plain/data.pkl"):][:5]
at = renamed.index(b"plain/data.pkl")
renamed[at:at + 5] = b"other"
(OUT / "two-names.pt").write_bytes(renamed)
refused("two-names.pt", "an entry with another name at its place", "another name")
overlapping = bytearray(plain_bytes)
first = overlapping.index(b"PK\1\2")
second = overlapping.index(b"PK\1\2", first + 4)
overlapping[second + 42:second + 46] = overlapping[first + 42:first + 46]
(OUT / "overlap.pt").write_bytes(overlapping)
refused("overlap.pt", "two entries at one place")
count = bytearray((OUT / "no-folder.pt").read_bytes())
count[-12:-10] = b"\x60\xEA"
(OUT / "count.pt").write_bytes(count)
refused("count.pt", "a wrong number of entries", "announces 60000")
(OUT / "truncated.pt").write_bytes(plain_bytes[:len(plain_bytes) * 2 // 3])
refused("truncated.pt", "a download that broke off", "breaks off")
(OUT / "legacy-truncated.pt").write_bytes((OUT / "legacy.pt").read_bytes()[:-9])
refused("legacy-truncated.pt", "an old stream that breaks off", "breaks off")
(OUT / "scripted.pt").write_bytes(b"")
rezip("scripted.pt", items + [("plain/constants.pkl", b"\x80\x02).")])
refused("scripted.pt", "a TorchScript program", "TorchScript")
rezip("arrays.npz", [("a.npy", b"\x93NUMPY")])
refused("arrays.npz", "a NumPy archive", "NumPy")
rezip("document.docx", [("word/document.xml", b"<w/>")])
refused("document.docx", "another ZIP archive", "data.pkl")
for name, data, *words in [
    ("pointer.ckpt", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 525\n", "Git LFS pointer"),
    ("page.ckpt", b"\n<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
    ("error.ckpt", b'{"error": "quota"}', "JSON"),
    ("sound.ckpt", b"RIFF\x24\0\0\0WAVEfmt ", "RIFF"),
    ("empty.ckpt", b"", "empty"),
    ("zeros.ckpt", bytes(300), "zeros"),
    ("noise.ckpt", bytes((i * 37 + 11) % 251 for i in range(300)), "neither"),
    ("renamed.ckpt", struct.pack("<Q", 2) + b"{}", ".safetensors"),
    ("bare.pkl", pickle.dumps({"a": 1}, 2), "not one that torch.save wrote"),
]:
    (OUT / name).write_bytes(data)
    refused(name, "no checkpoint", *words)

for item in manifest:
    path = OUT / item["file"]
    try:
        torch.load(path, weights_only=True)
        item["torch"] = "loads"
    except Exception as error:
        item["torch"] = type(error).__name__
blob, header = b"", {}
for name, array in expected.items():
    data = np.ascontiguousarray(array).tobytes()
    header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [len(blob), len(blob) + len(data)]}
    blob += data
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
(OUT / "expected.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + blob)
(OUT / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
print(len(manifest), "files")
