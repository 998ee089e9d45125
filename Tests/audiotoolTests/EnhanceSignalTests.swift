import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// What the program does to the sound itself, with whichever model is the default.
@Suite struct EnhanceSignalTests {
    private func enhance(
        _ sound: AudioBuffer, _ options: String..., format: AudioFileFormat = .wavFloat
    ) throws -> AudioBuffer {
        let folder = try Scratch()
        try folder.write(sound, to: "in.wav", format)
        let outcome = try Tool.run(["enhance", "in.wav", "-o", "out.wav"] + options, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try folder.read("out.wav")
    }

    private func enhance(_ samples: [Float], rate: Int = 16_000, _ options: String...) throws -> [Float] {
        let folder = try Scratch()
        try folder.write(samples, rate: rate, to: "in.wav", .wavFloat)
        let outcome = try Tool.run(["enhance", "in.wav", "-o", "out.wav"] + options, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let output = try folder.read("out.wav")
        #expect(output.sampleRate == rate)
        return output.channels[0]
    }

    /// The default model is worth its name: less noise, the same speech, at the same time.
    @Test func noiseGoesAndSpeechStays() throws {
        let output = try enhance(Sounds.noisySpeech)
        #expect(output.count == Sounds.noisySpeech.count)
        let before = siSDR(Sounds.noisySpeech, Sounds.cleanSpeech), after = siSDR(output, Sounds.cleanSpeech)
        #expect(after > before + 1, "SI-SDR \(before) dB before, \(after) dB after")
        #expect(lag(Sounds.cleanSpeech, output) == 0)
    }

    /// Of several versions the one is kept that a reward likes best, the same every time; the sound is that of the noise
    /// that was found, not of a trial.
    @Test func searchesForNoise() throws {
        let folder = try Scratch()
        try folder.write(Sounds.noisySpeech, to: "in.wav", .wavFloat)
        let search = ["--noise-search", "6", "--reward", "loudness", "--sampler", "sde", "--steps", "2"]
        func run(_ output: String, _ more: [String]) throws -> Tool.Outcome {
            try Tool.run(["enhance", "in.wav", "-o", output, "--json"] + more, in: folder)
        }
        let outcome = try run("a.wav", search), again = try run("b.wav", search + ["--threads", "1"])
        #expect(outcome.code == 0 && again.code == 0, "\(outcome.errors)")
        let found = try JSONValue(parsing: outcome.text)["files"][0]["search"]
        let start = try #require(found["start"].double), best = try #require(found["best"].double)
        #expect(best > start && found["versions"].double == 6)
        #expect(try folder.bytes("a.wav") == folder.bytes("b.wav"))
        let score = try Tool.run(["score", "a.wav", "--reward", "loudness", "--json"], in: folder)
        #expect(score.text.contains(String(format: "%.3f", best).dropLast()), "\(best): \(score.text)")
        // One step of the default model draws nothing.
        let flat = try run("c.wav", ["--noise-search", "2", "--reward", "loudness"])
        #expect(flat.code == 0 && flat.text.contains("alike"), "\(flat.text)")
        for wrong in [["--noise-search", "1"], ["--noise-search", "2"], ["--reward", "loudness"]] {
            #expect(try run("d.wav", wrong).code == 64)
        }
        #expect(try run("d.wav", ["--noise-search", "2", "--reward", "vendi"]).code == 1)
        let stream = try Tool.run(
            ["enhance", "-", "-o", "d.wav", "--noise-search", "2", "--reward", "loudness"], in: folder, input: Data(folder.bytes("in.wav")))
        #expect(stream.code == 1 && stream.errors.contains("Standard input comes only once"), "\(stream.errors)")
        #expect(!folder.files.contains("d.wav"))
    }

    /// CASES C12.
    @Test(arguments: [16_000, 48_000])
    func everyLength(_ rate: Int) throws {
        let folder = try Scratch()
        try folder.makeFolder("in")
        let lengths = [1, 2, 127, 128, 129, 255, 256, 257, 510, 511, 512, 15_999, 16_000, 16_001, 32_767, 65_537]
        let sound = Sounds.noise(70_000, level: 0.1)
        for length in lengths { try folder.write(Array(sound.prefix(length)), rate: rate, to: "in/\(length).wav", .wavFloat) }
        let outcome = try Tool.run("enhance", "in", "-o", "out", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        for length in lengths {
            let output = try folder.read("out/\(length).wav")
            #expect(output.frameCount == length)
            #expect(output.channels[0].allSatisfy { $0.isFinite })
            // Edges are not amplified either.
            #expect(output.channels[0].allSatisfy { abs($0) < 1 })
        }
    }

    /// CASES C19: 0, −20, −40, −60 dB give the same after the gain is undone.
    @Test func levelDoesNotMatter() throws {
        let reference = try enhance(Sounds.noisySpeech)
        for gain: Float in [0.1, 0.01, 0.001] {
            let output = try enhance(Sounds.noisySpeech.map { $0 * gain }).map { $0 / gain }
            let difference = zip(output, reference).map { $0 - $1 }
            #expect(power(difference) < 1e-4 * power(reference), "gain \(gain)")
        }
    }

    /// CASES C15: telephone speech keeps its level and loses nothing.
    @Test func eightKilohertz() throws {
        let noisy = try Sounds.resampled(Sounds.noisySpeech, to: 8_000)
        let clean = try Sounds.resampled(Sounds.cleanSpeech, to: 8_000)
        let output = try enhance(noisy, rate: 8_000)
        #expect(output.count == noisy.count)
        let before = siSDR(noisy, clean), after = siSDR(output, clean)
        #expect(after >= before, "SI-SDR \(before) dB before, \(after) dB after")
        let speech = clean.indices.filter { abs(clean[$0]) > 0.02 }
        let change = decibels(power(speech.lazy.map { output[$0] }) / power(speech.lazy.map { clean[$0] }))
        #expect(abs(change) < 3, "the speech's level changed by \(change) dB")
    }

    @Test(arguments: [11_025, 22_050, 44_100, 48_000, 96_000])
    func otherRates(_ rate: Int) throws {
        let noisy = try Sounds.resampled(Array(Sounds.noisySpeech.prefix(48_000)), to: rate)
        let output = try enhance(noisy, rate: rate)
        #expect(output.count == noisy.count)
        let at16 = try enhance(Array(Sounds.noisySpeech.prefix(48_000)))
        let back = try Resampler.resample(output, from: rate, to: 16_000)
        let common = min(back.count, at16.count)
        let difference = zip(back.prefix(common), at16).map { $0 - $1 }
        let limit = rate < 16_000 ? 0.3 : 0.02
        #expect(power(difference) < limit * power(at16), "\(decibels(power(difference) / power(at16))) dB")
    }

    /// Channels are cleaned by themselves, each as if it were alone.
    @Test func channelsAreIndependent() throws {
        let left = Array(Sounds.noisySpeech.prefix(32_000)), right = Sounds.noise(32_000, level: 0.05)
        let both = try enhance(AudioBuffer(channels: [left, right], sampleRate: 16_000))
        #expect(both.channels.count == 2)
        expectClose(both.channels[0], try enhance(left), relativeL2: 1e-5)
    }

    /// CASES C18: integers saturate and say so, floats pass.
    @Test func fullScale() throws {
        let peak = Sounds.noisySpeech.reduce(0) { max($0, abs($1)) }
        let loud = Sounds.noisySpeech.map { max(-1, min(1, $0 * 0.999 / peak * 4)) }
        let folder = try Scratch()
        try folder.write(loud, to: "loud.wav", .wav16)
        let outcome = try Tool.run("enhance", "loud.wav", "-o", "o.wav", "--json", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let output = try folder.read("o.wav").channels[0]
        #expect(output.count == loud.count)
        // A wrapped sample would jump from one end of the scale to the other.
        let jumps = zip(output, output.dropFirst()).filter { abs($0 - $1) > 1.8 }.count
        #expect(jumps == 0)
        let limited = output.filter { $0 <= -1 || $0 >= 32_767 / 32_768 }.count
        #expect(outcome.text.contains("\"limitedSamples\""))
        if outcome.errors.contains("limited") { #expect(limited > 0) }
    }

    /// A float file far beyond full scale keeps its level; a 16-bit copy of the result counts what it limits.
    @Test func beyondFullScale() throws {
        let folder = try Scratch()
        try folder.write(Sounds.noisySpeech.map { $0 * 30 }, to: "over.wav", .wavFloat)
        #expect(try Tool.run("enhance", "over.wav", "-o", "float.wav", in: folder).code == 0)
        let float = try folder.read("float.wav").channels[0]
        #expect(float.contains { abs($0) > 1 })
        let flac = try Tool.run("enhance", "over.wav", "-o", "o.flac", in: folder)
        #expect(flac.code == 0)
        let beyond = float.filter { $0 < -1 || $0 > 1 }.count
        let counted = flac.errors.firstMatch(of: /(\d+) samples limited/).flatMap { Int($0.1) } ?? 0
        #expect(abs(counted - beyond) <= 2, "\(counted) counted, \(beyond) beyond full scale")
    }

    @Test func silenceStaysSilent() throws {
        let output = try enhance(AudioBuffer(channels: [[Float](repeating: 0, count: 20_000)], sampleRate: 44_100))
        #expect(output.channels[0] == [Float](repeating: 0, count: 20_000))
        // So does a silent stretch inside a recording.
        var gap = Sounds.noisySpeech
        for index in 30_000..<50_000 { gap[index] = 0 }
        let cleaned = try enhance(gap)
        #expect(cleaned[32_000..<48_000].allSatisfy { $0 == 0 })
    }

    @Test func constantAndSingleSampleStayFinite() throws {
        let constant = try enhance([Float](repeating: 0.5, count: 16_000))
        #expect(constant.count == 16_000)
        #expect(constant.allSatisfy { $0.isFinite && abs($0) <= 0.5 })
        for rate in [8_000, 16_000, 48_000] {
            let single = try enhance([0.25], rate: rate)
            #expect(single.count == 1 && single[0].isFinite && abs(single[0]) <= 1)
        }
        // An offset under speech does not hide it.
        let plain = try enhance(Sounds.noisySpeech)
        let offset = try enhance(Sounds.noisySpeech.map { $0 + 0.2 })
        expectClose(offset, plain, relativeL2: 0.01)
    }

    /// CASES C23: noise alone drops by the limit, within 1 dB.
    @Test(arguments: [6, 12]) func attenuationLimit(_ limit: Int) throws {
        let noise = Sounds.noise(64_000, level: 0.05)
        let free = try enhance(noise)
        let limited = try enhance(noise, "--attenuation-limit", "\(limit)")
        let freeDrop = decibels(power(noise) / power(free)), drop = decibels(power(noise) / power(limited))
        try #require(freeDrop > Double(limit) + 12, "the model itself attenuates by \(freeDrop) dB only")
        #expect(abs(drop - Double(limit)) < 1, "\(drop) dB")
        expectClose(try enhance(noise, "--attenuation-limit", "0"), noise, relativeL2: 1e-6)
    }

    /// The same seed gives the same bytes with one thread and with two.
    @Test func threadsDoNotMatter() throws {
        let folder = try Scratch()
        try folder.write(
            AudioBuffer(channels: [Sounds.noisySpeech, Sounds.noise(Sounds.noisySpeech.count, level: 0.1)], sampleRate: 16_000),
            to: "in.wav", .wavFloat)
        for (threads, steps) in [(1, 1), (2, 1), (1, 3), (2, 3)] {
            let outcome = try Tool.run(
                ["enhance", "in.wav", "-o", "\(threads)-\(steps).wav", "--threads", "\(threads)", "--steps", "\(steps)", "--seed", "7"],
                in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        #expect(try folder.bytes("1-1.wav") == folder.bytes("2-1.wav"))
        #expect(try folder.bytes("1-3.wav") == folder.bytes("2-3.wav"))
    }

    /// CASES C07: the same sound in every linear format gives the same result, and WAV keeps its bit depth.
    @Test func bitDepths() throws {
        let folder = try Scratch()
        let samples = Array(Sounds.noisySpeech.prefix(24_000))
        let formats: [(String, AudioFileFormat, Double)] = [
            ("f32.wav", .wavFloat, 0), ("f64.wav", AudioFileFormat(.wav, .float64), 1e-6),
            ("i32.wav", AudioFileFormat(.wav, .integer32), 1e-5), ("i24.wav", AudioFileFormat(.wav, .integer24), 1e-3),
            ("i16.wav", .wav16, 0.05), ("i24.aiff", AudioFileFormat(.aiff, .integer24), 1e-3),
        ]
        var reference: [Float] = []
        for (name, format, tolerance) in formats {
            try folder.write(samples, to: name, format)
            #expect(try Tool.run("enhance", name, "-o", "o-\(name)", in: folder).code == 0)
            let output = try folder.read("o-\(name)").channels[0]
            if reference.isEmpty { reference = output }
            expectClose(output, reference, relativeL2: max(tolerance, 1e-7), name)
            #expect(try AudioFile.info(folder.path("o-\(name)")).encoding == format.encoding)
        }
    }

    /// CASES C11, in small: memory does not grow with the length.
    @Test func memoryIsConstant() throws {
        let folder = try Scratch()
        let second = Sounds.noise(48_000, level: 0.1)
        let writer = try AudioFileWriter(path: folder.path("long.wav"), format: .wav16, sampleRate: 48_000, channels: 2)
        for _ in 0..<90 { try writer.write(AudioBuffer(channels: [second, second], sampleRate: 48_000)) }
        _ = try writer.finish()
        let running = try Tool.Running(
            ["enhance", "long.wav", "-o", "o.wav"], program: Tool.path, in: folder, input: nil, environment: [:])
        let peak = running.peakMemory()
        #expect(try running.wait().code == 0)
        // A minute of one channel at a time.
        #expect(peak > 10 << 20 && peak < 600 << 20, "\(peak >> 20) MB")
    }
}

/// Scale-invariant signal-to-distortion ratio in dB.
func siSDR(_ estimate: [Float], _ reference: [Float]) -> Double {
    var (cross, energy) = (0.0, 0.0)
    for (a, b) in zip(estimate, reference) {
        cross += Double(a) * Double(b)
        energy += Double(b) * Double(b)
    }
    let scale = cross / energy
    let error = zip(estimate, reference).reduce(0.0) { $0 + pow(Double($1.0) - scale * Double($1.1), 2) }
    return decibels(scale * scale * energy / error)
}
