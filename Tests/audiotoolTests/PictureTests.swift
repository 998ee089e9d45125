import AudioDSP
import Foundation
import NeuralCore
import Testing

/// `evaluate` and `spectrogram`, which `make demo` shows results with.
@Suite struct PictureTests {
    @Test func evaluationComparesWithTheCleanRecording() throws {
        let folder = try Scratch()
        try folder.write(Sounds.cleanSpeech, to: "clean.wav", .wavFloat)
        try folder.write(Sounds.noisySpeech, to: "noisy.wav", .wavFloat)
        let half = zip(Sounds.cleanSpeech, Sounds.noisySpeech).map { ($0 + $1) / 2 }
        try folder.write(half, to: "half.wav", .wavFloat)
        let table = try Tool.run("evaluate", "--reference", "clean.wav", "noisy.wav", "half.wav", in: folder)
        #expect(table.code == 0, "\(table.errors)")
        #expect(table.text.contains("SI-SDR") && table.text.contains("ESTOI") && table.text.contains("segm. SNR"))
        let rows = try #require(
            JSONValue(parsing: Tool.run("evaluate", "--reference", "clean.wav", "noisy.wav", "half.wav", "--json", in: folder).text).array)
        for metric in ["siSDR", "estoi", "segmentalSNR"] {
            let noisy = try #require(rows[0][metric].double), better = try #require(rows[1][metric].double)
            #expect(better > noisy, "\(metric)")
        }
        #expect(abs(try #require(rows[0]["siSDR"].double) - siSDR(Sounds.noisySpeech, Sounds.cleanSpeech)) < 1e-3)
    }

    @Test func evaluationRefusesOtherLengthsAndRates() throws {
        let folder = try Scratch()
        try folder.write(Sounds.cleanSpeech, to: "clean.wav")
        try folder.write(Array(Sounds.cleanSpeech.dropLast()), to: "shorter.wav")
        try folder.write(Sounds.cleanSpeech, rate: 8_000, to: "slower.wav")
        expectRefusal(
            try Tool.run("evaluate", "--reference", "clean.wav", "shorter.wav", in: folder), saying: "shorter.wav", "frames")
        expectRefusal(try Tool.run("evaluate", "--reference", "clean.wav", "slower.wav", in: folder), saying: "slower.wav", "8000 Hz")
    }

    @Test func spectrogramIsAPicture() throws {
        let folder = try Scratch()
        let seconds = 2.0, rate = 16_000.0
        let tone = (0..<Int(seconds * rate)).map { Float(0.5 * sin(2 * .pi * 2000 * Double($0) / rate)) }
        try folder.write(tone, to: "tone.wav")
        try folder.write(Array(tone.prefix(100)), to: "short.wav")
        let outcome = try Tool.run("spectrogram", "tone.wav", "short.wav", "-o", "p.png", "--title", "Töne", "--title", "b", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let bytes = try folder.bytes("p.png")
        #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        func number(_ offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        #expect(number(16) > 1000 && number(20) > 500)
        #expect(bytes.count > 5_000)
        #expect(folder.files == ["p.png", "short.wav", "tone.wav"])
    }

    @Test func spectrogramRefuses() throws {
        let folder = try Scratch()
        try folder.write(Sounds.cleanSpeech, to: "clean.wav")
        expectRefusal(
            try Tool.run("spectrogram", "clean.wav", "-o", "none/p.png", in: folder), saying: "none/p.png", leaving: folder,
            files: ["clean.wav"])
        expectRefusal(
            try Tool.run("spectrogram", "none.wav", "-o", "p.png", in: folder), saying: "none.wav", leaving: folder,
            files: ["clean.wav"])
    }
}
