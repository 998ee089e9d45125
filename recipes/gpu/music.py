#!/usr/bin/env python3
"""Train a music model on a GPU, for a given number of seconds, on a pack made by pack_music.py.

    python3 recipes/gpu/music.py --pack music.npz --config recipes/music-24k/music.json --seconds 150 --out OUT

Writes OUT/music.safetensors (the averaged weights that were best at the validation clips, named as in Swift, without codec
and tokeniser), OUT/music.json (settings and validation) and a line of OUT/music.log every 20 seconds. --graph replays
whole steps as a CUDA graph, which small networks need to fill a GPU.
"""

import argparse
import copy
import json
import math
import pathlib
import sys
import time

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from music_network import MusicNetwork  # noqa: E402
from muon import Muon  # noqa: E402


class Captions:
    """Numbers of captions to pieces, on the GPU, and the tempos that they name, 0 for none."""

    def __init__(self, pack, device):
        self.words = torch.from_numpy(pack["words"].astype(np.int64)).to(device)
        self.table = torch.from_numpy(pack["pieces"].astype(np.int64)).to(device)
        self.tempos = torch.from_numpy(pack["tempos"]).to(device)
        self.end, self.longest = int(pack["end"]), (int(pack["longest"]) + 7) // 8 * 8

    def __call__(self, texts, apart=False):
        """Pieces [B, P] and lengths [B], cut `apart` at random or as they are most probable."""
        words, variants = self.words[texts], self.table.shape[1]
        if apart and variants > 1:
            pieces = self.table[words, torch.randint(1, variants, words.shape, device=words.device)].flatten(1)
        else:
            pieces = self.table[words, 0].flatten(1)
        used = pieces >= 0
        places = torch.where(used, used.cumsum(1) - 1, self.longest).clamp(max=self.longest)
        row = pieces.new_zeros(len(texts), self.longest + 1).scatter_(1, places, pieces.clamp(min=0))
        count = used.sum(1, keepdim=True).clamp(max=self.longest)
        row.scatter_(1, count, self.end)
        return row[:, :-1], (count[:, 0] + 1).clamp(max=self.longest)


class Clips:
    def __init__(self, pack, name, captions, device):
        part = {key: torch.from_numpy(pack[f"{name}_{key}"].astype(np.int64)).to(device)
                for key in ("frames", "own", "others", "counts")}
        self.frames, self.own, self.others, self.counts = part.values()
        self.bpm = torch.from_numpy(pack[f"{name}_bpm"]).to(device)
        self.codes = torch.from_numpy(pack[f"{name}_codes"].astype(np.int16)).to(device)
        self.captions, self.device = captions, device

    def draw(self, b, frames, from_start, varied, dropped):
        """Excerpts [b, K, frames], pieces, their lengths, which are 0 for the null condition, the clips' tempos where the
        captions name one, and the excerpts' first frames."""
        chance = lambda share: torch.rand(b, device=self.device) < share
        which = torch.randint(len(self.own), (b,), device=self.device)
        start = (torch.rand(b, device=self.device) * (self.frames[which] - frames + 1)).long() * ~chance(from_start)
        places = (start[:, None] + torch.arange(frames, device=self.device))[:, None]
        codes = self.codes[which].gather(2, places.expand(-1, self.codes.shape[1], -1)).long()
        other = self.others[which, (torch.rand(b, device=self.device) * self.counts[which]).long()]
        texts = torch.where(chance(varied) & (self.counts[which] > 0), other, self.own[which])
        pieces, lengths = self.captions(texts, apart=True)
        return codes, pieces, lengths * ~chance(dropped), self.bpm[which] * (self.captions.tempos[texts] > 0), start

    @torch.no_grad()
    def measure(self, network, frames, count, batch, both=False):
        """Nats of each codebook with the clips' own captions, and how much better those are than the next clips'."""
        count = min(count, len(self.own))
        which = torch.arange(count, device=self.device) * len(self.own) // count
        own, other = [], []
        for chosen, following in zip(which.split(batch), which.roll(-1).split(batch)):
            codes = self.codes[chosen, :, :frames].long()
            told = lambda texts: (*self.captions(texts), self.captions.tempos[texts], torch.zeros_like(texts))
            own.append(network.nats(codes, *told(self.own[chosen])))
            if both:
                other.append(network.nats(codes, *told(self.own[following])))
        own = torch.cat(own)
        report = {"clips": count, "nats": own.mean(0).tolist(), "mean": own.mean().item()}
        return report | ({"captionGain": (torch.cat(other) - own).mean().item()} if both else {})


def network_settings(config, pack):
    model = {key: value for key, value in config.get("model", {}).items() if key not in ("name", "storage", "beatClock")}
    has_clock = config.get("model", {}).get("beatClock", True)
    return model | {
        "frameRate": float(pack["frame_rate"]) if has_clock else None, "codebooks": pack["train_codes"].shape[1],
        "dropout": config.get("loss", {}).get("dropout", 0.1)}


def load(network, path):
    with safe_open(path, "pt") as file:
        names, state = set(file.keys()), network.state_dict()
        found = {name: file.get_tensor(name).float() for name in state if name in names}
    clock = "decoder.model.decoder.embed_beat.weight"  # older models have none, and begin with a silent one
    network.load_state_dict(found if clock not in state or clock in found else found | {clock: torch.zeros_like(state[clock])})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", required=True)
    parser.add_argument("--config", required=True, help="as `audiotool train music` takes it")
    parser.add_argument("--seconds", type=float, required=True, help="of training")
    parser.add_argument("--out", required=True)
    parser.add_argument("--init", help="weights to start from, such as a model file's")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, help="the highest learning rate, instead of the configuration's")
    parser.add_argument("--frames", type=int, help="of an excerpt; those of the shortest clip if left out")
    parser.add_argument("--graph", action="store_true", help="replay steps as a CUDA graph")
    parser.add_argument("--log-every", type=float, default=20)
    parser.add_argument("--validate-every", type=float, default=25)
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    config, begun = json.loads(pathlib.Path(options.config).read_text()), time.monotonic()
    settings = {"learningRate": 1e-3, "finalLearningRate": 1e-5, "beta1": 0.9, "beta2": 0.98, "weightDecay": 0.05, "warmUpSteps": 300,
                "gradientNorm": 1, "averageDecay": 0.999, "elementwise": []} | config.get("optimization", {})
    assert settings.get("method") == "muon", "only Muon is possible here"
    captions = {"varied": 0.7, "dropped": 0.15} | config.get("captions", {})
    from_start, decay = config.get("excerpts", {}).get("fromStart", 0.5), config.get("loss", {}).get("codebookDecay", 1)
    peak, floor = options.rate or settings["learningRate"], settings["finalLearningRate"]

    device, cuda = options.device, options.device == "cuda"
    torch.manual_seed(config.get("seed", 1))
    torch.set_float32_matmul_precision("high")
    pack = np.load(options.pack)
    texts = Captions(pack, device)
    train, valid = (Clips(pack, name, texts, device) for name in ("train", "valid"))
    frames = options.frames or int(min(train.frames.min(), valid.frames.min()))
    network = MusicNetwork(**network_settings(config, pack)).to(device)
    if options.init:
        load(network, options.init)
    average = copy.deepcopy(network).requires_grad_(False).eval()
    optimizer = Muon(
        network.named_parameters(), peak, (settings["beta1"], settings["beta2"]), settings["weightDecay"], settings["elementwise"])
    parameters, averages = list(network.parameters()), list(average.parameters())
    weights = decay ** torch.arange(len(network.decoder.lm_heads), device=device)
    weights, total, last_norm = weights / weights.sum(), torch.zeros((), device=device), torch.zeros((), device=device)

    def advance():
        """One step, which leaves nothing to the host."""
        batch = train.draw(options.batch, frames, from_start, captions["varied"], captions["dropped"])
        optimizer.zero_grad(set_to_none=True)
        # Casts of weights must not be kept from one step to the next of a graph.
        with torch.autocast(device, torch.bfloat16, enabled=cuda, cache_enabled=not options.graph):
            loss = (network.nats(*batch).mean(0) * weights).sum()
        loss.backward()
        with torch.no_grad():
            gradients = [p.grad for p in parameters]
            norm = torch.stack(torch._foreach_norm(gradients)).norm()
            torch._foreach_mul_(gradients, (settings["gradientNorm"] / (norm + 1e-6)).clamp(max=1))
            optimizer.step()
            count = optimizer.count
            share = 1 - ((1 + count) / (10 + count)).clamp(max=settings["averageDecay"]).float()
            moves = torch._foreach_sub(parameters, averages)
            torch._foreach_mul_(moves, share)
            torch._foreach_add_(averages, moves)
            total.add_(loss.detach())
            last_norm.copy_(norm)

    def measured(count, **more):
        with torch.autocast(device, torch.bfloat16, enabled=cuda):
            return valid.measure(average, frames, count, options.batch, **more)

    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    log = (out / "music.log").open("a")

    def say(line):
        print(line, flush=True)
        log.write(line + "\n")
        log.flush()

    def rate(step, share):
        return min(1, (step + 1) / max(1, settings["warmUpSteps"])) * (floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2)

    step, once = 0, advance
    if options.graph:
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for step in range(3):
                optimizer.rate = rate(step, 0)
                advance()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            advance()
        step, once = 3, graph.replay
    say(f"{sum(p.numel() for p in parameters)} parameters, {len(train.own)} clips of {frames} frames, at most {texts.longest} pieces, "
        f"ready after {time.monotonic() - begun:.1f} s")

    start, shown, checked, shown_step, best, history = time.monotonic(), 0.0, 0.0, step, None, []
    total.zero_()

    def check(elapsed):
        nonlocal best
        report = measured(48)
        history.append({"step": step, "seconds": elapsed} | report)
        say(f"{elapsed:.0f} s step {step} validation {report['mean']:.4f} nats " + "/".join(f"{n:.3f}" for n in report["nats"]))
        if best is None or report["mean"] < best[0]:
            best = (report["mean"], step, {name: value.clone() for name, value in average.state_dict().items()})

    while (elapsed := time.monotonic() - start) < options.seconds:
        optimizer.rate = rate(step, elapsed / options.seconds)
        once()
        step += 1
        if cuda and step % 4 == 0:
            torch.cuda.synchronize()  # elapsed time is the GPU's
        if elapsed - shown > options.log_every:
            steps = step - shown_step
            line = f"{elapsed:.0f} s step {step} loss {total.item() / steps:.4f} norm {last_norm.item():.2f} {options.batch * steps / (elapsed - shown):.0f} clips/s"
            say(line + (f" {torch.cuda.max_memory_allocated() >> 20} MiB" if cuda else ""))
            total.zero_()
            shown, shown_step = elapsed, step
        if elapsed - checked > options.validate_every:
            check(elapsed)
            checked = time.monotonic() - start
    check(time.monotonic() - start)

    _, best_step, state = best
    last = valid.measure(average, frames, len(valid.own), options.batch, both=True)
    average.load_state_dict(state)
    validation = valid.measure(average, frames, len(valid.own), options.batch, both=True)
    say(f"last, step {step}: {last}")
    say(f"kept, step {best_step}: {validation}")
    save_file({name: value.float().contiguous().cpu() for name, value in average.state_dict().items()}, out / "music.safetensors")
    (out / "music.json").write_text(json.dumps({
        "config": config, "batch": options.batch, "learningRate": peak, "frames": frames, "clips": len(train.own), "steps": step,
        "trainedSeconds": elapsed, "keptStep": best_step, "validation": validation, "last": last, "history": history}, indent=1))


if __name__ == "__main__":
    main()
