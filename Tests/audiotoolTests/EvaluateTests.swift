import AudioDSP
import Foundation
import NeuralCore
import Testing

@Suite struct EvaluateTests {
    private static let clean = Sounds.cleanSpeech
    private static let noisy = Sounds.noisySpeech
    private static let half = zip(clean, noisy).map { ($0 + $1) / 2 }

    /// clean/, noisy/ and better/ with the same names and other formats.
    private static func folders(_ names: [String]) throws -> Scratch {
        let folder = try Scratch()
        for (index, name) in names.enumerated() {
            let shift = 400 * index
            try folder.write(Array(clean.dropFirst(shift)), to: "clean/\(name).flac")
            try folder.write(Array(noisy.dropFirst(shift)), to: "noisy/\(name).wav")
            try folder.write(Array(half.dropFirst(shift)), to: "better/\(name).wav", .wavFloat)
        }
        return folder
    }

    private static func json(_ arguments: String..., in folder: Scratch, code: Int32 = 0) throws -> JSONValue {
        let outcome = try Tool.run(["evaluate", "--json"] + arguments, in: folder)
        #expect(outcome.code == code, "\(outcome.errors)")
        return try JSONValue(parsing: outcome.text)
    }

    @Test func foldersGoTogetherByName() throws {
        let folder = try Self.folders(["p1/a", "p1/b", "c"])
        let report = try Self.json(
            "--reference", "clean", "--estimate", "better", "--input", "noisy", "--metrics", "si_sdr,stoi,estoi,seg_snr,lufs",
            in: folder)
        let files = try #require(report["files"].array)
        #expect(files.map { $0["name"].string } == ["c", "p1/a", "p1/b"])
        for file in files {
            for key in ["si_sdr", "stoi", "estoi", "seg_snr"] {
                let value = try #require(file["metrics"][key].double), before = try #require(file["input"]["metrics"][key].double)
                #expect(value > before, "\(key)")
                let change = try #require(file["improvement"][key].double)
                #expect(abs(change - (value - before)) < 1e-12)
            }
            #expect(file["rates"]["estoi"].int == 10_000 && file["rates"]["si_sdr"].int == 16_000)
            #expect(file["metrics"]["delay_ms"].double == 0)
            #expect(file["improvement"]["lufs"].isNull && file["error"].isNull)
        }
        let values = files.compactMap { $0["metrics"]["si_sdr"].double }
        let summary = report["summary"]["si_sdr"]
        #expect(abs(try #require(summary["mean"].double) - values.reduce(0, +) / 3) < 1e-12)
        #expect(summary["median"].double == values.sorted()[1])
        let interval = try #require(summary["ci95"].doubles)
        #expect(interval.count == 2 && interval[0] >= values.min()! && interval[1] <= values.max()! && interval[0] < interval[1])
        #expect(summary["count"].int == 3 && summary["undefined"].int == 0)
        #expect(summary["improvement"]["mean"].double ?? 0 > 0 && summary["input"]["count"].int == 3)
        #expect(report["summary"]["stoi"]["rates"].ints == [10_000])
        // CASES C44: names and conventions are carried along.
        #expect(report["definitions"]["stoi"]["definition"].string?.contains("pystoi 0.4") == true)
        #expect(report["program"].string?.hasPrefix("audiotool ") == true)
    }

    @Test func numbersAreThoseOfTheSignals() throws {
        let folder = try Self.folders(["a"])
        let report = try Self.json("--reference", "clean/a.flac", "--estimate", "noisy/a.wav", "--metrics", "si_sdr", in: folder)
        let clean = try folder.read("clean/a.flac").channels[0], noisy = try folder.read("noisy/a.wav").channels[0]
        let value = try #require(report["files"][0]["metrics"]["si_sdr"].double)
        #expect(abs(value - siSDR(noisy, clean)) < 1e-3)
    }

    @Test(arguments: [1, 2, 5])
    func resultsAreTheSameForAnyNumberOfThreads(_ threads: Int) throws {
        let folder = try Self.folders(["a", "b", "c", "d"])
        let arguments = ["evaluate", "--json", "--reference", "clean", "--estimate", "noisy", "--metrics", "si_sdr,estoi,lufs"]
        let serial = try Tool.run(arguments + ["--threads", "1"], in: folder)
        let parallel = try Tool.run(arguments + ["--threads", "\(threads)"], in: folder)
        #expect(serial.code == 0 && serial.output == parallel.output)
        let other = try Tool.run(arguments + ["--seed", "7"], in: folder)
        #expect(other.output != serial.output)
    }

    /// CASES C42: of ten pairs one reference is silent, one has 100 samples and one 0.2 s of speech.
    @Test func undefinedNumbersAreCountedAndLeftOut() throws {
        let folder = try Self.folders((0..<7).map { "good\($0)" })
        let silence = [Float](repeating: 0, count: 16_000)
        let start = 16_000, speech = Array(Self.clean[start..<start + 3_200])
        for (name, clean, noisy) in [
            ("silent", silence, Array(Self.noisy.prefix(16_000))), ("short", Array(Self.clean[start..<start + 100]), Array(Self.noisy[start..<start + 100])),
            ("little", speech + silence, Array(Self.noisy[start..<start + 3_200]) + silence),
        ] {
            try folder.write(clean, to: "clean/\(name).wav")
            try folder.write(noisy, to: "noisy/\(name).wav")
        }
        let arguments = ["--reference", "clean", "--estimate", "noisy", "--metrics", "stoi,estoi,si_sdr"]
        let outcome = try Tool.run(["evaluate", "--json"] + arguments, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try JSONValue(parsing: outcome.text), files = try #require(report["files"].array)
        for key in ["stoi", "estoi"] {
            let summary = report["summary"][key]
            #expect(summary["count"].int == 7 && summary["undefined"].int == 3)
            let values = files.compactMap { $0["metrics"][key].double }
            #expect(values.count == 7)
            #expect(abs(try #require(summary["mean"].double) - values.reduce(0, +) / 7) < 1e-12)
        }
        for (name, reason) in [("silent", "silent"), ("short", "speech"), ("little", "speech")] {
            let file = try #require(files.first { $0["name"].string == name })
            #expect(file["metrics"]["stoi"].isNull && file["metrics"].object?["stoi"] != nil)
            #expect(file["undefined"]["stoi"].string?.contains(reason) == true, "\(file["undefined"])")
        }
        let table = try Tool.run(["evaluate"] + arguments, in: folder)
        #expect(table.text.contains("7 of 10") && table.text.contains("silent: si_sdr, stoi, estoi, delay_ms undefined: the reference is silent"))
        let strict = try Tool.run(["evaluate", "--strict"] + arguments, in: folder)
        #expect(strict.code == 1 && strict.errors.contains("stoi"))
    }

    /// CASES C43: a silent estimate is minus infinity, said so and not averaged; a silent reference has no value.
    @Test func infinitiesAreNamed() throws {
        let folder = try Self.folders(["a", "b"])
        try folder.write([Float](repeating: 0, count: Self.clean.count), to: "noisy/a.wav")
        try folder.copy(folder.url.appendingPathComponent("clean/b.flac"), to: "same/b.flac")
        let report = try Self.json("--reference", "clean", "--estimate", "noisy", "--metrics", "si_sdr", in: folder)
        #expect(report["files"][0]["metrics"]["si_sdr"].isNull && report["files"][0]["infinite"]["si_sdr"].string == "-inf")
        let summary = report["summary"]["si_sdr"]
        #expect(summary["mean"] == report["files"][1]["metrics"]["si_sdr"] && summary["infinite"].int == 1)
        let table = try Tool.run(
            "evaluate", "--reference", "clean", "--estimate", "noisy", "--metrics", "si_sdr", "--verbose", in: folder)
        #expect(table.text.contains("-inf") && table.text.contains("a: si_sdr minus infinity, not in the mean"))
        let same = try Self.json("--reference", "clean/b.flac", "--estimate", "same/b.flac", "--metrics", "si_sdr,seg_snr", in: folder)
        #expect(same["files"][0]["infinite"]["si_sdr"].string == "inf" && same["files"][0]["metrics"]["seg_snr"].double == 35)
    }

    /// CASES C46: lengths are named; --trim and --align do it and say by how much.
    @Test func otherLengthsAreRefusedTrimmedOrAligned() throws {
        let folder = try Self.folders(["a"])
        let count = Self.clean.count
        let late = [Float](repeating: 0, count: 100) + Self.noisy + [Float](repeating: 0, count: 1_260)
        try folder.write(late, to: "noisy/a.wav")
        let arguments = ["--reference", "clean", "--estimate", "noisy", "--metrics", "si_sdr"]
        let refused = try Tool.run(["evaluate"] + arguments, in: folder)
        #expect(refused.code == 1 && refused.errorLines.count == 1)
        for word in ["noisy/a.wav", "clean/a.flac", "\(count)", "\(count + 1_360)", "--trim", "--align"] {
            #expect(refused.errors.contains(word), "\(word): \(refused.errors)")
        }
        let trimmed = try Tool.run(["evaluate", "--json", "--trim"] + arguments, in: folder)
        let aligned = try Tool.run(["evaluate", "--json", "--align"] + arguments, in: folder)
        #expect(trimmed.code == 0 && aligned.code == 0, "\(trimmed.errors) \(aligned.errors)")
        let cut = try JSONValue(parsing: trimmed.text)["files"][0], moved = try JSONValue(parsing: aligned.text)["files"][0]
        #expect(cut["notes"].strings == ["cut by 1360 samples (85 ms)"])
        #expect(moved["notes"].strings == ["moved by -100 samples (-6.25 ms)", "cut by 1260 samples (78.75 ms)"])
        #expect(cut["metrics"]["delay_ms"].double == 6.25 && moved["metrics"]["delay_ms"].double == 6.25)
        let direct = try Self.json(
            "--reference", "clean", "--estimate", "better", "--input", "noisy", "--align", "--metrics", "si_sdr", in: folder)
        #expect(direct["files"][0]["input"]["metrics"]["si_sdr"] == moved["metrics"]["si_sdr"])
        #expect(try #require(cut["metrics"]["si_sdr"].double) < 0)
        #expect(abs(try #require(moved["metrics"]["si_sdr"].double) - siSDR(folder.read("noisy/a.wav").channels[0].dropFirst(100).prefix(count).map { $0 }, folder.read("clean/a.flac").channels[0])) < 1e-3)
    }

    @Test func otherRatesAreRefusedOrResampled() throws {
        let folder = try Self.folders(["a"])
        try folder.write(try Resampler.resample(Self.noisy, from: 16_000, to: 48_000), rate: 48_000, to: "noisy/a.wav")
        let arguments = ["--reference", "clean", "--estimate", "noisy", "--metrics", "estoi"]
        let refused = try Tool.run(["evaluate"] + arguments, in: folder)
        #expect(refused.code == 1 && refused.errorLines.count == 1)
        for word in ["noisy/a.wav", "clean/a.flac", "48000 Hz", "16000 Hz", "--resample"] { #expect(refused.errors.contains(word)) }
        let report = try Tool.run(["evaluate", "--json", "--resample", "--trim"] + arguments, in: folder)
        #expect(report.code == 0, "\(report.errors)")
        let file = try JSONValue(parsing: report.text)["files"][0]
        #expect(file["notes"].strings?.first == "resampled from 48000 to 16000 Hz")
        let direct = try Self.folders(["a"])
        let same = try Self.json("--reference", "clean", "--estimate", "noisy", "--metrics", "estoi", in: direct)
        #expect(abs(try #require(file["metrics"]["estoi"].double) - (try #require(same["files"][0]["metrics"]["estoi"].double))) < 5e-3)
    }

    @Test func missingPartnersAreNamed() throws {
        let folder = try Self.folders(["a", "b", "c"])
        try FileManager.default.removeItem(atPath: folder.path("noisy/a.wav"))
        try FileManager.default.removeItem(atPath: folder.path("clean/b.flac"))
        let arguments = ["evaluate", "--reference", "clean", "--estimate", "noisy", "--metrics", "si_sdr"]
        let outcome = try Tool.run(arguments + ["--json"], in: folder)
        #expect(outcome.code == 0)
        #expect(outcome.errors == "a: not in noisy\nb: not in clean\n")
        let report = try JSONValue(parsing: outcome.text)
        #expect(report["files"].array?.count == 1 && report["missing"].array?.count == 2)
        #expect(try Tool.run(arguments + ["--strict"], in: folder).code == 1)
        try folder.write(Self.clean, to: "other/z.wav")
        expectRefusal(
            try Tool.run("evaluate", "--reference", "clean", "--estimate", "other", in: folder), saying: "other", "by name")
        try folder.write(Self.clean, to: "clean/c.wav")
        expectRefusal(try Tool.run(arguments, in: folder), saying: "clean/c.flac", "clean/c.wav")
        expectRefusal(try Tool.run("evaluate", "--reference", "none", "--estimate", "noisy", in: folder), saying: "none")
    }

    /// CASES C47: a broken file is named and counted; the others are measured.
    @Test func brokenFilesAreNamedAndCounted() throws {
        let folder = try Self.folders(["a", "b", "c"])
        try folder.write([UInt8]("no sound at all, just text".utf8), to: "noisy/b.wav")
        var loud = Self.noisy
        loud[1_234] = .nan
        try folder.write(floatWave(loud), to: "noisy/c.wav")
        let outcome = try Tool.run(
            "evaluate", "--reference", "clean", "--estimate", "noisy", "--metrics", "si_sdr", "--json", in: folder)
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("noisy/b.wav") && outcome.errors.contains("noisy/c.wav") && outcome.errors.contains("2 of 3"))
        let report = try JSONValue(parsing: outcome.text), files = try #require(report["files"].array)
        #expect(report["failed"].int == 2 && report["summary"]["si_sdr"]["count"].int == 1)
        #expect(files[0]["metrics"]["si_sdr"].double != nil)
        for file in files.dropFirst() {
            #expect(file["error"].string?.contains("noisy/") == true && file["metrics"]["si_sdr"].isNull)
        }
        #expect(files[2]["error"].string?.contains("1234") == true)
    }

    /// CASES C41: half an hour has a PESQ, or it is said how to get one; in segments it always has.
    @Test func longRecordingsAreMeasured() throws {
        let folder = try Scratch()
        let clean = Self.clean.map { $0 / 2 }, repeats = 1_800 * 16_000 / clean.count + 1
        let long = Array((0..<repeats).map { _ in clean }.joined()), noisy = Self.noisy.map { $0 / 2 }
        try folder.write(long, to: "clean.wav")
        try folder.write(Array((0..<repeats).map { _ in noisy }.joined()), to: "noisy.wav")
        let arguments = ["--reference", "clean.wav", "--estimate", "noisy.wav", "--metrics", "pesq_wb"]
        let whole = try Tool.run(["evaluate", "--json"] + arguments, in: folder)
        #expect(whole.code == 0 && !whole.wasKilled, "\(whole.errors)")
        let file = try JSONValue(parsing: whole.text)["files"][0]
        if file["metrics"]["pesq_wb"].double == nil {
            let reason = try #require(file["undefined"]["pesq_wb"].string)
            #expect(reason.contains("defined up to") && reason.contains("--segment 10"))
        }
        let parts = try Tool.run(["evaluate", "--json", "--segment", "10"] + arguments, in: folder)
        #expect(parts.code == 0, "\(parts.errors)")
        let report = try JSONValue(parsing: parts.text)["files"][0]
        #expect(report["metrics"]["pesq_wb"].double.map { $0 > 1 && $0 < 4.65 } == true)
        #expect(report["notes"][0].string?.hasPrefix("mean of 18") == true, "\(report["notes"])")
    }

    @Test func segmentsAreAveraged() throws {
        let folder = try Self.folders(["a"])
        let whole = try Self.json(
            "--reference", "clean", "--estimate", "noisy", "--metrics", "snr,stoi", "--segment", "2", in: folder)["files"][0]
        let clean = try folder.read("clean/a.flac").channels[0], noisy = try folder.read("noisy/a.wav").channels[0]
        let count = (clean.count + 16_000) / 32_000
        let parts = (0..<count).map { index -> Double in
            let range = index * 32_000..<(index == count - 1 ? clean.count : (index + 1) * 32_000)
            return decibels(power(clean[range]) / power(zip(clean[range], noisy[range]).map { $0 - $1 }))
        }
        let value = try #require(whole["metrics"]["snr"].double)
        #expect(abs(value - parts.reduce(0, +) / Double(count)) < 1e-3)
        #expect(whole["notes"][0].string == "mean of \(count) segments of 2.0 s")
    }

    @Test func tinyFilesAreDefined() throws {
        let folder = try Scratch()
        for (name, samples) in [("one", [Float](repeating: 0.5, count: 1)), ("none", []), ("zero", [0])] {
            try folder.write(samples, to: "clean/\(name).wav")
            try folder.write(samples, to: "made/\(name).wav")
        }
        let report = try Self.json("--reference", "clean", "--estimate", "made", in: folder)
        let files = try #require(report["files"].array)
        #expect(files.count == 3 && files.allSatisfy { $0["error"].isNull })
        #expect(files[1]["infinite"]["si_sdr"].string == "inf")
        for file in files { #expect(file["metrics"]["stoi"].isNull && file["undefined"]["stoi"].string != nil) }
    }

    @Test func withoutReferenceTheSignalIsJudged() throws {
        let folder = try Self.folders(["a"])
        let report = try Self.json("--estimate", "noisy", in: folder)
        let file = report["files"][0]
        #expect(file["metrics"]["lufs"].double.map { $0 < 0 && $0 > -70 } == true)
        #expect(file["metrics"].object?.keys.contains("si_sdr") == false)
    }

    @Test func tablesAreWritten() throws {
        let folder = try Self.folders(["a, \"b\"", "c"])
        let outcome = try Tool.run(
            "evaluate", "--reference", "clean", "--estimate", "better", "--input", "noisy", "--metrics", "si_sdr,estoi", "--csv",
            "t.csv", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let lines = String(decoding: try folder.bytes("t.csv"), as: UTF8.self).split(separator: "\n")
        #expect(
            lines[0]
                == "name,sample_rate,seconds,si_sdr,estoi,delay_ms,input_si_sdr,input_estoi,input_delay_ms,improvement_si_sdr,improvement_estoi,remarks")
        #expect(lines.count == 3 && lines[1].hasPrefix("\"a, \"\"b\"\"\",16000,"))
        for word in ["SI-SDR (dB)", "ESTOI", "16 kHz", "10 kHz", "mean", "95 % interval", "median", "input mean", "+"] {
            #expect(outcome.text.contains(word), "\(word)")
        }
        expectRefusal(
            try Tool.run("evaluate", "--reference", "clean", "--estimate", "better", "--csv", "none/t.csv", in: folder),
            saying: "none/t.csv")
    }

    @Test(arguments: [
        ["--estimate", "x", "--metrics", "si_sdr"], ["--reference", "x", "--estimate", "y", "--metrics", "mos"],
        ["--reference", "x", "--estimate", "y", "--trim", "--align"], ["--estimate", "y", "--trim"],
        ["--reference", "x", "--estimate", "y", "--html", "report.pdf"], ["--reference", "x"],
        ["--reference", "x", "--estimate", "y", "--threads", "0"], ["--reference", "x", "--estimate", "y", "--segment", "0"],
    ])
    func wrongUsageIsExplained(_ arguments: [String]) throws {
        let outcome = try Tool.run(["evaluate"] + arguments)
        #expect(outcome.code == 64 && outcome.output.isEmpty, "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("Error: "))
    }
}
