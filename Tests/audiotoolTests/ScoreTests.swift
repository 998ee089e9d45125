import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@Suite struct ScoreTests {
    private static let clap = Fixture.all(in: "clap_folder")[0].folder.path

    private static func music(_ seconds: Double, seed: UInt64) -> [Float] {
        var rng = Philox(seed: seed)
        let base = 110 * pow(2, Double(rng.nextInt(below: 24)) / 12), rate = 0.5 + Double(rng.nextUniform()) * 4
        return (0..<Int(seconds * 16_000)).map { index in
            let t = Double(index) / 16_000
            let swell = 0.6 + 0.4 * sin(2 * Double.pi * rate * t)
            return Float(0.2 * swell * (sin(2 * Double.pi * base * t) + 0.5 * sin(4 * Double.pi * base * t))) + 0.01 * rng.nextGaussian()
        }
    }

    /// generated/ with `count` recordings, and refs/.
    private static func folder(count: Int = 4, seconds: Double = 3) throws -> Scratch {
        let folder = try Scratch()
        for index in 0..<count { try folder.write(music(seconds, seed: UInt64(index)), to: "generated/\(index).wav") }
        for index in 0..<5 { try folder.write(music(seconds, seed: 100 + UInt64(index)), to: "refs/\(index).flac") }
        return folder
    }

    private static func json(_ arguments: [String], in folder: Scratch, code: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONValue {
        let outcome = try Tool.run(["score", "--json"] + arguments, in: folder)
        #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: sourceLocation)
        return try JSONValue(parsing: outcome.text)
    }

    @Test func everyUserHasScoresAtOnce() throws {
        let folder = try Self.folder()
        let outcome = try Tool.run("score", "generated", "--reference", "refs", in: folder)
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        for word in ["fad", "kad", "per-song-fad", "vendi", "loudness", "generated/2.wav", "stretches of 1 s", "5 recordings", "would be better"] {
            #expect(outcome.text.contains(word), "\(word)")
        }
        let report = try Self.json(["generated", "--reference", "refs"], in: folder)
        #expect(report["clips"].array?.map { $0["name"].string } == (0..<4).map { "generated/\($0).wav" })
        let distances = try #require(report["clips"].array).compactMap { $0["measures"]["per-song-fad"].double }
        #expect(distances.count == 4 && distances.allSatisfy { $0 > 0 })
        #expect(report["set"]["measures"]["per-song-fad"].double.map { abs($0 - distances.reduce(0, +) / 4) < 1e-9 } == true)
        #expect(report["set"]["rewards"]["fad"].double == report["set"]["measures"]["fad"].double.map { -$0 })
        #expect(report["set"]["warnings"]["fad"].array?.isEmpty == false)
    }

    /// CASES C47: twice the same number; fewer than needed says so.
    @Test func extrapolationIsRepeatable() throws {
        let folder = try Self.folder(count: 10, seconds: 30)
        let arguments = ["generated", "--reference", "refs", "--reward", "fad", "--fad-inf"]
        let first = try Tool.run(["score", "--json"] + arguments, in: folder), second = try Tool.run(["score", "--json"] + arguments, in: folder)
        #expect(first.code == 0 && first.output == second.output)
        let report = try JSONValue(parsing: first.text)
        #expect(report["set"]["measures"]["fad-inf"].double?.isFinite == true)
        let other = try Self.json(arguments + ["--seed", "5"], in: folder)
        #expect(other["set"]["measures"]["fad-inf"] != report["set"]["measures"]["fad-inf"])
        #expect(other["set"]["measures"]["fad"] == report["set"]["measures"]["fad"])

        let few = try Tool.run(["score", "--json", "generated/0.wav", "generated/1.wav"] + arguments.dropFirst(), in: folder)
        #expect(few.code == 1 && few.errors.contains("too few") && few.errors.contains("501"))
        let partial = try JSONValue(parsing: few.text)
        #expect(partial["set"]["measures"]["fad-inf"].isNull && partial["set"]["undefined"]["fad-inf"].string?.contains("501") == true)
        #expect(partial["set"]["measures"]["fad"].double != nil)
    }

    /// CASES C47: a changed folder is computed anew, with and without a cache that knows the old one.
    @Test func changedFoldersAreRecomputed() throws {
        let folder = try Self.folder()
        let arguments = ["generated", "--reference", "refs", "--reward", "fad", "--cache", folder.path("cache")]
        let first = try Self.json(arguments, in: folder), entries = folder.files.filter { $0.hasPrefix("cache/") }
        #expect(entries.count == 9)
        #expect(try Self.json(arguments, in: folder) == first && folder.files.filter { $0.hasPrefix("cache/") } == entries)
        try folder.write(Self.music(3, seed: 77), to: "generated/0.wav")
        let changed = try Self.json(arguments, in: folder)
        #expect(changed["set"]["measures"]["fad"] != first["set"]["measures"]["fad"])
        #expect(folder.files.filter { $0.hasPrefix("cache/") }.count == 10)
        let fresh = try Self.json(["generated", "--reference", "refs", "--reward", "fad", "--no-cache"], in: folder)
        #expect(fresh == changed)
        try folder.write(Self.music(3, seed: 78), to: "refs/0.flac")
        #expect(try Self.json(arguments, in: folder) != changed)
        try FileManager.default.removeItem(atPath: folder.path("refs/0.flac"))
        #expect(try Self.json(arguments, in: folder) != changed)
    }

    /// CASES C47: a broken file is named and counted, and the command fails.
    @Test func brokenFilesAreNamed() throws {
        let folder = try Self.folder()
        let good = try Self.json(["generated", "--reward", "vendi"], in: folder)
        try folder.write(Array("no sound".utf8), to: "generated/broken.wav")
        let whole = try folder.bytes("generated/3.wav")
        try folder.write(Array(whole[..<(whole.count / 2)]), to: "generated/torn.wav")
        try folder.write([0.1, 0.5, 0.2], to: "generated/nan.wav", .wavFloat)
        var bytes = try folder.bytes("generated/nan.wav")
        let half = try #require(bytes.indices.dropLast(3).first { Array(bytes[$0..<$0 + 4]) == [0, 0, 0, 0x3F] })
        bytes.replaceSubrange(half..<half + 4, with: [0, 0, 0xC0, 0x7F])
        try folder.write(bytes, to: "generated/nan.wav")
        let outcome = try Tool.run("score", "generated", "--reward", "vendi", "--json", in: folder)
        #expect(outcome.code == 1)
        for name in ["broken.wav", "torn.wav", "nan.wav", "3 of 7 recordings"] { #expect(outcome.errors.contains(name), "\(name)") }
        let report = try JSONValue(parsing: outcome.text)
        #expect(report["failed"].array?.count == 3 && report["clips"].array?.count == 4)
        #expect(report["set"]["measures"] == good["set"]["measures"])
        let nothing = try Tool.run("score", "generated/broken.wav", in: folder)
        #expect(nothing.code == 1 && nothing.errorLines.count == 1 && nothing.output.isEmpty)
        let bad = try Tool.run("score", "generated/0.wav", "--reference", "generated", "--reward", "fad", in: folder)
        #expect(bad.code == 1 && bad.errorLines.count == 1 && bad.errors.contains("broken.wav"))
    }

    /// CASES C50: the same numbers alone, in a batch, on one and two threads and again; the crop rule is printed.
    @Test func scoresDoNotDependOnCompany() throws {
        let folder = try Scratch()
        try folder.write(Self.music(30, seed: 1), to: "m.wav")
        for index in 0..<2 { try folder.write(Self.music(4, seed: 10 + UInt64(index)), to: "other\(index).wav") }
        let arguments = ["--reward", "clap", "--encoder", Self.clap, "--prompt", "a slow piano melody", "--no-cache"]
        func score(_ extra: String..., threads: Int = 2) throws -> Double? {
            let report = try Self.json(extra + arguments + ["--threads", "\(threads)"], in: folder)
            return report["clips"].array?.first { $0["name"].string?.hasSuffix("m.wav") == true }?["measures"]["clap"].double
        }
        let alone = try #require(try score("m.wav"))
        #expect(abs(alone) <= 1)
        #expect(try score("m.wav") == alone)
        #expect(try score("m.wav", threads: 1) == alone)
        #expect(try score("other0.wav", "m.wav", "other1.wav") == alone)
        #expect(try score(".", threads: 1) == alone)
        let outcome = try Tool.run(["score", "m.wav"] + arguments, in: folder)
        #expect(outcome.text.contains("windows of 10 s one after the other, the last one ending with the recording"))
    }

    /// CASES C49: no axis is lost. Distorted sines are away from clean ones, the further the more they are distorted where
    /// the encoder is no drawn network; a set is at no distance from itself; one recording's embeddings are rows.
    @Test(arguments: ["spectral", "vggish"])
    func distancesGrowWithDistortion(_ encoder: String) throws {
        let folder = try Scratch()
        var rng = Philox(seed: 9)
        for (index, frequency) in [220.0, 330, 440, 550, 660].enumerated() {
            let sine = (0..<48_000).map { Float(0.4 * sin(2 * Double.pi * frequency * Double($0) / 16_000)) }
            let noise = Tensor.gaussian([sine.count], using: &rng).values
            for (level, name) in [(Float(0), "clean"), (0.01, "little"), (0.05, "more"), (0.2, "much")] {
                try folder.write(zip(sine, noise).map { $0 + level * $1 }, to: "\(name)/\(index).wav")
            }
        }
        let model = encoder == "vggish" ? Fixture.all(in: "music/vggish")[0].path(of: "model.safetensors") : nil
        let models = ["AUDIOTOOL_MODELS": folder.path("models")]
        if let model {
            #expect(try Tool.run(["models", "import", model, "--name", "vggish"], in: folder, environment: models).code == 0)
        }
        func distance(_ path: String) throws -> Double {
            let outcome = try Tool.run(
                ["score", path, "--reference", "clean", "--reward", "fad", "--reward", "kad", "--encoder", encoder, "--json"], in: folder, environment: models)
            #expect(outcome.code == 0, "\(outcome.errors)")
            return try #require(try JSONValue(parsing: outcome.text)["set"]["measures"]["fad"].double)
        }
        let distances = try ["clean", "little", "more", "much"].map(distance)
        #expect(distances[0] < 1e-6 * distances[1], "\(distances)")
        #expect(distances.dropFirst().allSatisfy { $0 > 0 }, "\(distances)")
        if model == nil { #expect(zip(distances, distances.dropFirst()).allSatisfy { $0 < $1 }, "\(distances)") }
        let one = try distance("much/0.wav")
        #expect(one.isFinite && one > distances[0])
    }

    @Test func rewardsAreCompared() throws {
        let folder = try Self.folder(count: 5)
        let yaml = "rewards:\n  - {reward: loudness, target: 0}\n  - {reward: loudness, name: louder, target: 10}\n  - {reward: per-song-fad, reference: refs}\n"
        try folder.write(Array(yaml.utf8), to: "set.yaml")
        let report = try Self.json(["generated", "--reward", "set.yaml", "--compare"], in: folder)
        let pairs = try #require(report["comparisons"].array)
        #expect(pairs.count == 3 && pairs[0]["first"].string == "loudness" && pairs[0]["second"].string == "louder")
        #expect(pairs[0]["rank_correlation"].double == 1 && pairs[0]["distance"].double.map { $0 < 1e-6 } == true)
        #expect(pairs[1]["distance"].double.map { $0 > 1e-3 && $0 <= 1 } == true)
        let text = try Tool.run("score", "generated", "--reward", "set.yaml", "--compare", in: folder)
        #expect(text.text.contains("loudness and louder"))
        let none = try Tool.run("score", "generated/0.wav", "--reward", "set.yaml", "--compare", in: folder)
        #expect(none.code == 0 && none.text.contains("does not vary"))
    }

    /// CASES C51.
    @Test func diversityCountsClips() throws {
        let folder = try Scratch()
        let one = Self.music(1, seed: 1)
        for index in 0..<50 {
            try folder.write(one, to: "copies/\(index).wav")
            try folder.write(Self.music(1, seed: 200 + UInt64(index)), to: "distinct/\(index).wav")
        }
        func vendi(_ path: String) throws -> Double? { try Self.json([path, "--reward", "vendi"], in: folder)["set"]["measures"]["vendi"].double }
        #expect(abs(try #require(try vendi("copies")) - 1) < 1e-9)
        #expect(try vendi("copies/7.wav") == 1)
        let distinct = try #require(try vendi("distinct"))
        #expect(distinct > 1.01 && distinct <= 50)
    }

    @Test func promptsComeFromFiles() throws {
        let folder = try Self.folder(count: 2)
        let arguments = ["generated", "--reward", "clap", "--encoder", Self.clap]
        try folder.write(Array("slow piano\n\nfast drums\n".utf8), to: "lines.txt")
        try folder.write(Array("1.wav\tfast drums\ngenerated/0.wav\tslow piano\n".utf8), to: "named.txt")
        let lines = try Self.json(arguments + ["--prompts", "lines.txt"], in: folder)
        #expect(lines["clips"].array?.compactMap { $0["prompt"].string } == ["slow piano", "fast drums"])
        #expect(try Self.json(arguments + ["--prompts", "named.txt"], in: folder) == lines)
        let single = try Self.json(["generated/1.wav", "--reward", "clap", "--encoder", Self.clap, "--prompt", "fast drums"], in: folder)
        #expect(single["clips"][0]["measures"] == lines["clips"][1]["measures"])
        // Captions as a reference set for sound.
        let captions = try Self.json(["generated", "--reward", "clap", "--reward", "per-song-fad", "--encoder", Self.clap, "--reference", "lines.txt"], in: folder)
        #expect(captions["clips"][0]["measures"]["clap"].double != nil && captions["clips"][0]["measures"]["per-song-fad"].double != nil)
        #expect(captions["rewards"][0]["kind"].string == "instance-to-distribution")
        try folder.write(Array("one\n".utf8), to: "few.txt")
        let few = try Tool.run(["score"] + arguments + ["--prompts", "few.txt"], in: folder)
        #expect(few.code == 1 && few.errors.contains("1 prompts for 2 recordings"))
        let none = try Self.json(["generated", "--reward", "clap", "--encoder", Self.clap], in: folder, code: 1)
        #expect(none["clips"][0]["undefined"]["clap"].string?.contains("no prompt") == true && none["clips"][0]["measures"]["clap"].isNull)
    }

    /// CASES C59: a reward that does not exist stops with the clip's name, or drops it with a count.
    @Test func filesOfRewards() throws {
        let folder = try Self.folder()
        try folder.write([Float](repeating: 0, count: 16_000), to: "generated/silent.wav")
        func file(_ policy: String) throws {
            let yaml = "undefined: \(policy)\nrewards:\n  - {reward: loudness, target: -20, weight: 2}\n  - {reward: per-song-fad, reference: refs, weight: 0.1}\n"
            try folder.write(Array(yaml.utf8), to: "set.yaml")
        }
        try file("stop")
        let stopped = try Tool.run("score", "generated", "--reward", "set.yaml", in: folder)
        #expect(stopped.code == 1 && stopped.errorLines.count == 1 && stopped.errors.contains("generated/silent.wav") && stopped.output.isEmpty)
        try file("drop")
        let report = try Self.json(["generated", "--reward", "set.yaml"], in: folder)
        #expect(report["dropped"].int == 1 && report["clips"][4]["total"].isNull)
        let first = report["clips"][0]
        let expected = 2 * (first["rewards"]["loudness"].double ?? 0) + 0.1 * (first["rewards"]["per-song-fad"].double ?? 0)
        #expect(first["total"].double.map { abs($0 - expected) < 1e-12 } == true)
        #expect(report["set"]["counts"]["loudness"].int == 4)
        let text = try Tool.run("score", "generated", "--reward", "set.yaml", in: folder)
        #expect(text.text.contains("total reward") && text.text.contains("1 of 5 recordings have no reward and were dropped"))
        let broken = try Tool.run("score", "generated", "--reward", "no.yaml", in: folder)
        #expect(broken.code == 1 && broken.errors.contains("no.yaml"))
    }

    @Test func importedEncodersScore() throws {
        let folder = try Self.folder(count: 2)
        let models = ["AUDIOTOOL_MODELS": folder.path("models")]
        let vggish = Fixture.all(in: "music/vggish")[0].path(of: "model.safetensors")
        for (file, name) in [(Self.clap, "clap"), (vggish, "vggish")] {
            let outcome = try Tool.run(["models", "import", file, "--name", name, "--licence", "CC0-1.0"], in: folder, environment: models)
            #expect(outcome.code == 0 && outcome.text.contains("licence CC0-1.0"), "\(outcome.errors)")
            let scored = try Tool.run(["score", "generated", "--encoder", name, "--reference", "refs", "--json"], in: folder, environment: models)
            #expect(scored.code == 0, "\(scored.errors)")
            #expect(try JSONValue(parsing: scored.text)["set"]["measures"]["fad"].double?.isFinite == true)
        }
        // Without a name the installed CLAP model serves for texts.
        let named = try Tool.run(["score", "generated", "--reward", "clap", "--prompt", "piano"], in: folder, environment: models)
        #expect(named.code == 0 && named.text.contains("by clap"))
        let list = try Tool.run(["models"], in: folder, environment: models)
        #expect(list.text.contains("audio-text-encoder") && list.text.contains("audio-encoder"))
        let exported = try Tool.run(["models", "export", "clap", folder.path("clap.pt")], in: folder, environment: models)
        #expect(exported.code == 0)
        let settings = try Tool.run(["models", "import", Self.clap, "--name", "x", "--set", "a=1"], in: folder, environment: models)
        #expect(settings.code == 64 && settings.errors.contains("its own settings"))
    }

    @Test func withoutAModelTextsAreExplained() throws {
        let folder = try Self.folder(count: 1)
        let outcome = try Tool.run(["score", "generated", "--reward", "clap", "--prompt", "x"], program: Tool.lonely(in: folder), in: folder)
        #expect(outcome.code == 1 && outcome.errorLines.count == 1 && outcome.errors.contains("models import"))
        let unknown = try Tool.run(["score", "generated", "--encoder", "magic"], in: folder)
        #expect(unknown.code == 1 && unknown.errors.contains("magic") && unknown.errors.contains("spectral"))
    }

    @Test(arguments: [
        ["score"], ["score", "x", "--reward", "magic"], ["score", "x", "--reward", "fad"], ["score", "x", "--fad-inf"],
        ["score", "x", "--threads", "0"], ["score", "x", "--prompt", "a", "--prompts", "b"], ["score", "x", "--cache", "a", "--no-cache"],
        ["score", "x", "--reward", "a.yaml", "--reward", "vendi"], ["score", "x", "--seed", "-1"],
    ])
    func wrongUsageIsExplained(_ arguments: [String]) throws {
        let outcome = try Tool.run(arguments)
        #expect(outcome.code == 64 && outcome.errors.hasPrefix("Error: ") && outcome.output.isEmpty)
    }

    @Test func missingPathsAreNamed() throws {
        let folder = try Self.folder(count: 1)
        for arguments in [["nowhere"], ["generated", "--reference", "nowhere"], ["generated", "generated/0.wav"]] {
            let outcome = try Tool.run(["score"] + arguments, in: folder)
            #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome.errors)")
        }
        try folder.makeFolder("empty")
        #expect(try Tool.run("score", "empty", in: folder).code == 1)
    }
}
