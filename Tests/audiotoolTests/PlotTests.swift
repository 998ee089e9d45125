import AudioDSP
import Foundation
import Testing

@Suite struct PlotTests {
    private static func recordings() throws -> Scratch {
        let folder = try Scratch()
        try folder.write(Sounds.noisySpeech, to: "noisy.wav")
        try folder.write(Sounds.cleanSpeech, to: "clean.wav")
        return folder
    }

    private static let entries = """
        {"gradientNorm":1.5,"learningRate":1e-05,"loss":-0.4,"step":1}
        {"gradientNorm":1.2,"learningRate":2e-05,"loss":-0.5,"step":2}
        {"step":2,"validation":{"enhanced":{"1":{"estoi":0.7,"siSDR":11.3},"5":{"estoi":0.72,"siSDR":11.6}},"mixtures":24,"noisy":{"estoi":0.6,"siSDR":4}}}
        {"gradientNorm":0.9,"learningRate":2e-05,"loss":-0.7,"step":3}

        """

    @Test(arguments: [
        ["noisy.wav", "clean.wav"], ["noisy.wav", "--scale", "mel"], ["noisy.wav", "--scale", "log", "--range", "60"],
        ["noisy.wav", "clean.wav", "--kind", "waveform"], ["noisy.wav", "clean.wav", "--kind", "pair"],
        ["noisy.wav", "clean.wav", "--kind", "pair", "--scale", "mel", "--title", "Vorher", "--title", "Nachher: größer"],
    ])
    func recordingsAreDrawn(_ arguments: [String]) throws {
        let folder = try Self.recordings()
        for format in ["png", "svg"] {
            let outcome = try Tool.run(["plot"] + arguments + ["-o", "p.\(format)"], in: folder)
            #expect(outcome.code == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome.errors)")
        }
        let png = try folder.bytes("p.png")
        let size = try #require(Bitmap(png: png))
        #expect(size.width > 1_000 && size.height > 200)
        #expect(png.count > 5_000)
        let svg = String(decoding: try folder.bytes("p.svg"), as: UTF8.self)
        #expect(svg.contains("<svg") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("width=\"\(size.width)") && svg.contains("height=\"\(size.height)"))
        #expect(folder.files == ["clean.wav", "noisy.wav", "p.png", "p.svg"])
    }

    /// A tone is bright at its frequency only, whatever the scale.
    @Test(arguments: FrequencyRow.all)
    func tonesAreWhereTheyBelong(_ row: FrequencyRow) throws {
        let folder = try Scratch()
        let tone = (0..<32_000).map { Float(0.5 * sin(2 * .pi * row.frequency * Double($0) / 16_000)) }
        try folder.write(tone, to: "tone.wav")
        let outcome = try Tool.run(
            "plot", "tone.wav", "--scale", row.scale, "-o", "p.png", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let picture = try #require(Bitmap(png: folder.bytes("p.png")))
        // The panel begins 78 pixels from the left, 34 from the top, and is 240 high.
        let brightness = (0..<240).map { picture.brightness(x: 78 + 500, y: 34 + $0) }
        let brightest = try #require(brightness.indices.max { brightness[$0] < brightness[$1] })
        #expect(abs(1 - (Double(brightest) + 0.5) / 240 - row.height) < 0.02, "row \(brightest)")
        #expect(brightness.sorted()[120] * 3 < brightness[brightest])
    }

    struct FrequencyRow: Sendable, CustomStringConvertible {
        var scale: String, frequency: Double
        /// Share of the panel's height at which the frequency is.
        var height: Double

        var description: String { "\(frequency) Hz, \(scale)" }

        static let all = [
            FrequencyRow(scale: "linear", frequency: 2000, height: 0.25),
            FrequencyRow(scale: "linear", frequency: 6000, height: 0.75),
            FrequencyRow(scale: "log", frequency: 1000, height: log(1000.0 / 50) / log(8000.0 / 50)),
            // 15 of 45.245 mel steps of Slaney's scale, which is linear to there.
            FrequencyRow(scale: "mel", frequency: 1000, height: 15 / 45.245),
        ]
    }

    @Test func trainingRunsAreDrawn() throws {
        let folder = try Scratch()
        try folder.makeFolder("runs/one")
        try folder.write([UInt8](Self.entries.utf8), to: "runs/one/log.jsonl")
        // A line that is being written.
        try folder.write([UInt8]((Self.entries + "{\"gradientNorm\":0.9,\"lear").utf8), to: "other.jsonl")
        for (inputs, output) in [(["runs/one"], "a.png"), (["runs/one", "other.jsonl"], "b.svg"), (["other.jsonl"], "c.png")] {
            let outcome = try Tool.run(["plot"] + inputs + ["-o", output], in: folder)
            #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
            #expect(try folder.bytes(output).count > 5_000)
        }
        let one = try #require(Bitmap(png: folder.bytes("a.png")))
        #expect(one.height > 800, "five panels")
    }

    @Test func anyInputMakesAPicture() throws {
        let folder = try Scratch()
        try folder.write([0.5], to: "one.wav")
        try folder.write([Float](repeating: 0, count: 16_000), to: "silent.wav")
        try folder.write(AudioBuffer(channels: [[0.1, 0.2, -0.3], [0, 0, 0]], sampleRate: 1_000), to: "stereo.wav")
        try folder.write(floatWave([Float](repeating: 0.1, count: 8_000) + [.nan, .infinity, -.infinity]), to: "nan.wav")
        for kind in ["spectrogram", "waveform"] {
            let outcome = try Tool.run(
                "plot", "one.wav", "silent.wav", "stereo.wav", "nan.wav", "--kind", kind, "-o", "p.png", in: folder)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
    }

    @Test func unusableInputsAreRefused() throws {
        let folder = try Self.recordings()
        try folder.write([UInt8]("{\"step\":1,\"loss\":2}\nnot json\n{\"step\":2,\"loss\":2}\n".utf8), to: "bad.jsonl")
        try folder.write([], to: "empty.wav")
        let files = folder.files
        for (arguments, word) in [
            (["noisy.wav", "-o", "none/p.png"], "none/p.png"), (["none.wav", "-o", "p.png"], "none.wav"),
            (["empty.wav", "-o", "p.png"], "empty.wav"), (["bad.jsonl", "-o", "p.png"], "Line 2"),
            (["none.jsonl", "-o", "p.png"], "none.jsonl"),
        ] {
            expectRefusal(try Tool.run(["plot"] + arguments, in: folder), saying: word, leaving: folder, files: files)
        }
        for arguments in [
            ["noisy.wav", "-o", "p.pdf"], ["noisy.wav", "--kind", "pair", "-o", "p.png"], ["noisy.wav", "--range", "1", "-o", "p.png"],
            ["noisy.wav", "--title", "a", "--title", "b", "-o", "p.png"], ["noisy.wav", "bad.jsonl", "-o", "p.png"],
            ["noisy.wav", "--width", "9", "-o", "p.png"], ["noisy.wav", "--scale", "bark", "-o", "p.png"],
        ] {
            let outcome = try Tool.run(["plot"] + arguments, in: folder)
            #expect(outcome.code == 64, "\(arguments): \(outcome.errors)")
        }
    }
}
