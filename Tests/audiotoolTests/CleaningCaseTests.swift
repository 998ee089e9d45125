import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// The cases of lengths, rates, channels, levels and broken samples, for every command and kind of model.
@Suite struct CleaningCaseTests {
    /// CASES C12: as many samples as went in, all finite.
    @Test(arguments: Cleaning.allCases) func everyLength(_ cleaning: Cleaning) throws {
        let folder = try Scratch(), sound = Sounds.noise(70_000, level: 0.1)
        let lengths = [1, 2, 127, 128, 129, 255, 256, 510, 511, 15_999, 16_000, 16_001, 32_767, 65_537]
        for length in lengths { try folder.write(Array(sound.prefix(length)), to: "in/\(length).wav", .wavFloat) }
        let outcome = try cleaning.run(["in", "-o", "out", "--jobs", "2"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        for length in lengths {
            let output = try folder.read("out/\(length).wav")
            #expect(output.frameCount == length && output.channels[0].allSatisfy(\.isFinite))
        }
    }

    /// CASES C15: at every rate from 8 to 96 kHz the speech keeps its level and its timing and gains in quality.
    @Test(arguments: Cleaning.defaults, [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000])
    func everyRate(_ cleaning: Cleaning, _ rate: Int) throws {
        let example = try cleaning.example
        let (input, target) = (try Sounds.resampled(example.input, to: rate), try Sounds.resampled(example.target, to: rate))
        let output = try cleaning.clean(input, rate: rate)
        #expect(output.count == input.count && output.allSatisfy(\.isFinite))
        let before = siSDR(input, target), after = siSDR(output, target)
        #expect(after >= before, "SI-SDR \(before) dB before, \(after) dB after")
        #expect(lag(target, output, reach: 40) == 0)
        let levels = try [output, target].map { try #require(ActiveSpeechLevel.measure($0, sampleRate: rate).active) }
        #expect(abs(levels[0] - levels[1]) < 3, "the speech's level changed from \(levels[1]) to \(levels[0]) dB")
    }

    /// Any rate with an imported model, whose own rate is one of them; the rest of the band is kept apart.
    @Test(arguments: Cleaning.imported, [8_000, 48_000, 96_000])
    func importedModelsAtOtherRates(_ cleaning: Cleaning, _ rate: Int) throws {
        let samples = Sounds.noise(rate / 2 + 7, level: 0.1)
        let output = try cleaning.clean(samples, rate: rate)
        #expect(output.count == samples.count && output.allSatisfy(\.isFinite))
    }

    /// CASES C19: 0, −20, −40, −60 dB give the same after the gain is undone.
    @Test(arguments: Cleaning.allCases) func levelDoesNotMatter(_ cleaning: Cleaning) throws {
        let samples = Array(Sounds.noisySpeech.prefix(24_000))
        let reference = try cleaning.clean(samples)
        for gain: Float in [0.1, 0.01, 0.001] {
            let output = try cleaning.clean(samples.map { $0 * gain }).map { $0 / gain }
            let difference = zip(output, reference).map { $0 - $1 }
            #expect(power(difference) < 1e-4 * power(reference), "gain \(gain)")
        }
    }

    /// CASES C18: a 16-bit output saturates at what a float output shows beyond full scale, and counts it.
    @Test(arguments: Cleaning.allCases) func fullScale(_ cleaning: Cleaning) throws {
        let peak = Sounds.noisySpeech.reduce(0) { max($0, abs($1)) }
        let folder = try Scratch()
        for (name, gain) in [("normalised", Float(0.999)), ("clipped", 4)] {
            let samples = Sounds.noisySpeech.prefix(32_000).map { max(-1, min(1, $0 * gain / peak)) }
            try folder.write(samples, to: "\(name).wav", .wav16)
            try folder.write(try folder.read("\(name).wav").channels[0], to: "\(name)-float.wav", .wavFloat)
        }
        let outcome = try cleaning.run([".", "-o", "out", "--json"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let files = try #require(JSONValue(parsing: outcome.text)["files"].array)
        for name in ["normalised", "clipped"] {
            let float = try folder.read("out/\(name)-float.wav").channels[0]
            let integer = try folder.read("out/\(name).wav").channels[0]
            for (wide, narrow) in zip(float, integer) {
                #expect(abs(max(-1, min(32_767 / 32_768, wide)) - narrow) < 2.5 / 32_768)
            }
            let beyond = float.count { $0 < -1 || $0 > 1 }
            let entry = try #require(files.first { $0["input"].string == "./\(name).wav" })
            let counted = try #require(entry["limitedSamples"].int)
            #expect(abs(counted - beyond) <= 2 + beyond / 100, "\(counted) counted, \(beyond) beyond full scale")
            #expect((counted > 0) == outcome.errors.contains("./\(name).wav: \(counted) samples limited"))
        }
    }

    /// CASES C20, for files: integers stored as floats are cleaned at their level, with a question.
    @Test(arguments: Cleaning.allCases) func sixteenBitNumbersAsFloats(_ cleaning: Cleaning) throws {
        let folder = try Scratch(), samples = Array(Sounds.noisySpeech.prefix(16_000))
        let peak = samples.reduce(0) { max($0, abs($1)) }
        try folder.write(samples.map { $0 * 21_340 / peak }, to: "in.wav", .wavFloat)
        let outcome = try cleaning.run(["in.wav", "-o", "out.wav"], in: folder)
        #expect(outcome.code == 0 && outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("peak 21340") && outcome.errors.contains("16-bit"), "\(outcome.errors)")
        let scaled = try folder.read("out.wav").channels[0].map { $0 * peak / 21_340 }
        expectClose(scaled, try cleaning.clean(samples), relativeL2: 1e-3)
    }

    /// CASES C21: refused with kind, place and number, for every command; nothing is written.
    @Test(arguments: Cleaning.allCases, [(Float.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf")])
    func samplesThatAreNoNumbers(_ cleaning: Cleaning, _ value: (Float, String)) throws {
        let folder = try Scratch()
        var samples = Array(Sounds.noisySpeech.prefix(16_000))
        samples[8_000] = value.0
        try folder.write(floatWave(samples), to: "bad.wav")
        let outcome = try cleaning.run(["bad.wav", "-o", "o.wav"], in: folder)
        expectRefusal(outcome, saying: "bad.wav", value.1, "0.500 s", "1 of 16,000", leaving: folder, files: ["bad.wav"])
    }

    /// Digital silence, constants and single samples.
    @Test(arguments: Cleaning.allCases) func silence(_ cleaning: Cleaning) throws {
        #expect(try cleaning.clean([Float](repeating: 0, count: 20_000)).allSatisfy { $0 == 0 })
        #expect(try cleaning.clean([Float](repeating: 0, count: 20_000), rate: 44_100).allSatisfy { $0 == 0 })
        for samples in [[Float](repeating: 0.5, count: 8_000), [0.25], [0, 0.25, 0]] {
            let output = try cleaning.clean(samples)
            #expect(output.count == samples.count && output.allSatisfy(\.isFinite))
        }
    }

    /// CASES C22: one output of three cannot be written: the disk is full, or its folder cannot be made.
    @Test(arguments: Cleaning.defaults, ["1", "3"]) func oneOutputCannotBeWritten(_ cleaning: Cleaning, _ jobs: String) throws {
        let folder = try Scratch(), samples = Array(Sounds.noisySpeech.prefix(4_000))
        for name in ["a", "b", "c/d", "e"] { try folder.write(samples, to: "in/\(name).wav") }
        try folder.makeFolder("out")
        try FileManager.default.createSymbolicLink(atPath: folder.path("out/b.wav"), withDestinationPath: "/dev/full")
        try folder.write(Array("in the way".utf8), to: "out/c")
        let outcome = try cleaning.run(["in", "-o", "out", "--json", "--jobs", jobs, "--threads", "3"], in: folder)
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("out/b.wav") && outcome.errors.contains("No space left"))
        #expect(outcome.errors.contains("out/c"))
        #expect(outcome.errorLines.last == "Error: 2 of 4 recordings failed: in/b.wav, in/c/d.wav")
        let files = try #require(JSONValue(parsing: outcome.text)["files"].array)
        #expect(files.compactMap { $0["output"].string } == ["out/a.wav", "out/e.wav"])
        for output in files.compactMap({ $0["output"].string }) {
            #expect(try folder.read(output).frameCount == 4_000)
        }
        #expect(try folder.bytes("out/c") == Array("in the way".utf8))
    }

    /// CASES C23: with a limit of 0 dB nothing changes, and noise never drops by more than the limit.
    @Test(arguments: Cleaning.allCases) func attenuationLimit(_ cleaning: Cleaning) throws {
        let samples = Array(Sounds.noisySpeech.prefix(32_000))
        expectClose(try cleaning.clean(samples, "--attenuation-limit", "0"), samples, relativeL2: 1e-6)
        let free = try cleaning.clean(samples), limited = try cleaning.clean(samples, "--attenuation-limit", "12")
        let kept = pow(10, -12 / 20) as Float
        expectClose(limited, zip(samples, free).map { $1 + kept * ($0 - $1) }, relativeL2: 1e-4)
    }

    /// The same seed gives the same bytes whatever the threads; another seed matters to models that draw.
    @Test(arguments: Cleaning.allCases) func seeds(_ cleaning: Cleaning) throws {
        let samples = Array(Sounds.noisySpeech.prefix(12_000))
        let first = try cleaning.clean(samples, "--seed", "3", "--threads", "1")
        #expect(try cleaning.clean(samples, "--seed", "3", "--threads", "3") == first)
        #expect((try cleaning.clean(samples, "--seed", "4") == first) == (cleaning != .score))
    }

    /// Linked channels: what is equal stays equal, also with a model that draws random numbers.
    @Test(arguments: Cleaning.allCases) func linkedChannels(_ cleaning: Cleaning) throws {
        let folder = try Scratch(), samples = Array(Sounds.noisySpeech.prefix(12_000))
        let quiet = Sounds.noise(12_000, level: 0.001)
        try folder.write(AudioBuffer(channels: [samples, samples, quiet], sampleRate: 16_000), to: "in.wav", .wavFloat)
        let outcome = try cleaning.run(["in.wav", "-o", "out.wav", "--link-channels"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let linked = try folder.read("out.wav").channels
        #expect(linked.count == 3 && linked[0] == linked[1] && linked[2] != linked[0])
        #expect(linked.allSatisfy { $0.allSatisfy(\.isFinite) })
        let apart = try cleaning.run(["in.wav", "-o", "apart.wav"], in: folder)
        #expect(apart.code == 0)
        let channels = try folder.read("apart.wav").channels
        #expect((channels[0] == channels[1]) == (cleaning != .score))
        #expect(channels[2] != linked[2])
    }
}
