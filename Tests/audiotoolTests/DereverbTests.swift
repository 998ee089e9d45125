import AudioDSP
import Foundation
import Testing

/// `audiotool dereverb` with its default model. It shares all else with `enhance`.
@Suite struct DereverbTests {
    /// A room whose reflections fade by 60 dB in 0.7 s, beginning 5 ms after the direct sound.
    private static let room: RoomResponse = {
        var samples = Sounds.noise(11_200, level: 0.06, seed: 4)
        for index in samples.indices { samples[index] *= index < 80 ? 0 : pow(10, -3 * Float(index) / 11_200) }
        samples[0] = 1
        return RoomResponse(samples: samples, sampleRate: 16_000, directDelay: 0)
    }()

    @Test func removesLateReflectionsAndKeepsTheShape() throws {
        let folder = try Scratch()
        let (reverberant, target) = try Self.room.reverberate(Sounds.cleanSpeech)
        try folder.write(
            AudioBuffer(channels: [reverberant, reverberant.map { 0.5 * $0 }], sampleRate: 16_000), to: "hall.wav", .wavFloat)
        let outcome = try Tool.run("dereverb", "hall.wav", in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let result = try folder.read("hall-dereverb.wav")
        #expect(result.sampleRate == 16_000 && result.channels.count == 2 && result.frameCount == reverberant.count)
        #expect(siSDR(result.channels[0], target) > siSDR(reverberant, target) + 1.5)
        #expect(lag(result.channels[0], target) == 0)
        #expect(siSDR(result.channels[1], result.channels[0]) > 60)
    }

    @Test func anyRateAndLength() throws {
        let folder = try Scratch()
        for (rate, count) in [(8_000, 1), (11_025, 129), (44_100, 20_001), (96_000, 48_000)] {
            try folder.write(Sounds.noise(count, level: 0.1), rate: rate, to: "\(rate).wav")
        }
        #expect(try Tool.run("dereverb", ".", "-o", "out", in: folder).code == 0)
        for (rate, count) in [(8_000, 1), (11_025, 129), (44_100, 20_001), (96_000, 48_000)] {
            let result = try folder.read("out/\(rate).wav")
            #expect(result.sampleRate == rate && result.frameCount == count && result.channels[0].allSatisfy(\.isFinite))
        }
    }

    @Test func silenceStaysSilent() throws {
        let folder = try Scratch()
        try folder.write([Float](repeating: 0, count: 30_000), to: "silence.wav")
        #expect(try Tool.run("dereverb", "silence.wav", "-o", "o.wav", in: folder).code == 0)
        #expect(try folder.read("o.wav").channels[0].allSatisfy { $0 == 0 })
    }

    @Test func refusals() throws {
        let folder = try Scratch()
        try folder.write(floatWave([0, .nan, 0]), to: "nan.wav")
        try folder.write(Array("no sound".utf8), to: "text.wav")
        try folder.write(Array(Sounds.cleanSpeech.prefix(8_000)), to: "in.wav")
        let files = folder.files
        for (input, word) in [("none.wav", "no file"), ("nan.wav", "NaN"), ("text.wav", "not an audio file")] {
            let outcome = try Tool.run("dereverb", input, "-o", "o.wav", in: folder)
            expectRefusal(outcome, saying: input, word, leaving: folder, files: files)
        }
        let wrongModel = try Tool.run("dereverb", "in.wav", "-o", "o.wav", "--model", "enhancer-16k", in: folder)
        expectRefusal(wrongModel, saying: "speech-enhancer", leaving: folder, files: files)
        let wrongFlag = try Tool.run("dereverb", "in.wav", "-o", "o.wav", "--steps", "0", in: folder)
        #expect(wrongFlag.code == 64 && folder.files == files)
        let mixed = try Tool.run("dereverb", "in.wav", "text.wav", "-o", "out", in: folder)
        #expect(mixed.code == 1 && mixed.errors.contains("text.wav"))
        #expect(folder.files == (files + ["out/in.wav"]).sorted())
    }
}
