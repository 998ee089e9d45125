import AudioDSP
import Foundation
import Testing

/// One clear line, exit code 1, and nothing left behind.
@Suite struct EnhanceRefusalTests {
    @Test func missingFile() throws {
        let folder = try Scratch()
        let outcome = try Tool.run("enhance", "none.wav", "-o", "o.wav", in: folder)
        expectRefusal(outcome, saying: "none.wav", "no file", leaving: folder, files: [])
    }

    @Test func emptyFile() throws {
        let folder = try Scratch()
        try folder.write([], to: "empty.wav")
        let outcome = try Tool.run("enhance", "empty.wav", "-o", "o.wav", in: folder)
        expectRefusal(outcome, saying: "empty.wav", "empty", leaving: folder, files: ["empty.wav"])
    }

    @Test func textRenamed() throws {
        let folder = try Scratch()
        try folder.write(Array("Dear diary, this is no sound at all.\n".utf8), to: "diary.wav")
        let outcome = try Tool.run("enhance", "diary.wav", "-o", "o.wav", in: folder)
        expectRefusal(outcome, saying: "diary.wav", "not an audio file", leaving: folder, files: ["diary.wav"])
    }

    /// CASES C09.
    @Test func truncatedFile() throws {
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(32_000)), to: "whole.wav")
        let bytes = try folder.bytes("whole.wav")
        try folder.write(Array(bytes.prefix(bytes.count * 6 / 10)), to: "cut.wav")
        let refused = try Tool.run("enhance", "cut.wav", "-o", "o.wav", in: folder)
        expectRefusal(
            refused, saying: "cut.wav", "truncated", "2.00 s", "1.20 s", leaving: folder, files: ["cut.wav", "whole.wav"])

        let accepted = try Tool.run("enhance", "cut.wav", "-o", "o.wav", "--allow-truncated", in: folder)
        #expect(accepted.code == 0)
        #expect(accepted.errors.contains("truncated"))
        #expect(try folder.read("o.wav").frameCount == (bytes.count * 6 / 10 - 44) / 2)
    }

    @Test func noSamples() throws {
        let folder = try Scratch()
        try folder.write([], to: "none.wav" as String, .wav16)
        let outcome = try Tool.run("enhance", "none.wav", "-o", "o.wav", in: folder)
        expectRefusal(outcome, saying: "none.wav", "no audio", leaving: folder, files: ["none.wav"])
    }

    /// CASES C21.
    @Test(arguments: [(Float.nan, "NaN"), (.infinity, "Inf"), (-.infinity, "-Inf")])
    func samplesThatAreNoNumbers(_ value: Float, _ name: String) throws {
        let folder = try Scratch()
        var samples = Array(Sounds.noisySpeech.prefix(16_000))
        samples[8_000] = value
        try folder.write(floatWave(samples), to: "bad.wav")
        let outcome = try Tool.run("enhance", "bad.wav", "-o", "o.wav", in: folder)
        expectRefusal(
            outcome, saying: "bad.wav", name, "0.500 s", "1 of 16,000", leaving: folder, files: ["bad.wav"])
        let info = try Tool.run("info", "bad.wav", in: folder)
        #expect(info.code == 1)
        #expect(info.errors.contains("0.500 s"))
    }

    @Test func folderThatTakesNoFiles() throws {
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in.wav")
        for place in ["in.wav/o.wav", "none/o.wav", "/proc/o.wav"] {
            let outcome = try Tool.run("enhance", "in.wav", "-o", place, in: folder)
            expectRefusal(outcome, saying: place, "cannot be written", leaving: folder, files: ["in.wav"])
        }
        guard geteuid() != 0 else { return }  // a superuser may write anywhere
        try folder.makeFolder("closed")
        chmod(folder.path("closed"), 0o555)
        let outcome = try Tool.run("enhance", "in.wav", "-o", "closed/o.wav", in: folder)
        expectRefusal(outcome, saying: "closed/o.wav", leaving: folder, files: ["in.wav"])
    }

    @Test func fullDisk() throws {
        let folder = try Scratch()
        try folder.write(Sounds.noisySpeech, to: "in.wav")
        try FileManager.default.createSymbolicLink(atPath: folder.path("full.wav"), withDestinationPath: "/dev/full")
        let device = try Tool.run("enhance", "in.wav", "-o", "full.wav", in: folder)
        expectRefusal(device, saying: "full.wav", "No space left")

        // A limit on the length of files stops the write in its middle, like a full disk.
        let limited = try Tool.run(
            ["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" enhance in.wav -o o.wav", Tool.path], program: "/bin/bash",
            in: folder)
        expectRefusal(limited, saying: "o.wav", leaving: folder, files: ["full.wav", "in.wav"].filter { folder.files.contains($0) })
        #expect(!folder.files.contains("o.wav"))
        #expect(!folder.files.contains { $0.hasSuffix(".partial") })
    }

    @Test func fullFileSystem() throws {
        let folder = try Scratch()
        try folder.write(Sounds.noisySpeech, to: "in.wav")
        try folder.makeFolder("small")
        let mount = try Tool.run(
            ["-c", "mount -t tmpfs -o size=64k tmpfs small 2>/dev/null"], program: "/bin/bash", in: folder)
        guard mount.code == 0 else { return }  // only a superuser may
        defer { _ = try? Tool.run(["-c", "umount small"], program: "/bin/bash", in: folder) }
        let outcome = try Tool.run("enhance", "in.wav", "-o", "small/o.wav", in: folder)
        expectRefusal(outcome, saying: "small/o.wav", "No space left", leaving: folder, files: ["in.wav"])
    }

    /// CASES C06.
    @Test func formatsThatAreNotRead() throws {
        let folder = try Scratch()
        var bytes: [UInt8] = [0, 0, 0, 24] + Array("ftypM4A ".utf8)
        bytes += Sounds.noise(1000, level: 1).map { UInt8(truncatingIfNeeded: Int($0 * 100)) }
        try folder.write(bytes, to: "talk.m4a")
        let outcome = try Tool.run("enhance", "talk.m4a", "-o", "o.wav", in: folder)
        expectRefusal(outcome, saying: "talk.m4a", "AAC", "ffmpeg -i talk.m4a", leaving: folder, files: ["talk.m4a"])
    }

    /// CASES C04: what the output cannot hold is known before any work.
    @Test func limitsOfFormats() throws {
        let folder = try Scratch()
        try folder.write(Sounds.noise(38_400, level: 0.1), rate: 384_000, to: "hi.wav")
        let vorbis = try Tool.run("enhance", "hi.wav", "-o", "o.ogg", in: folder)
        expectRefusal(vorbis, saying: "Ogg Vorbis holds at most 200 kHz", "--rate", leaving: folder, files: ["hi.wav"])
        let slower = try Tool.run("enhance", "hi.wav", "-o", "o.ogg", "--rate", "48000", in: folder)
        #expect(slower.code == 0, "\(slower.errors)")
        #expect(try folder.read("o.ogg").sampleRate == 48_000)

        let nine = try Scratch()
        try nine.write(
            AudioBuffer(channels: (0..<9).map { Sounds.noise(1600, level: 0.1, seed: $0 + 1) }, sampleRate: 16_000),
            to: "nine.wav")
        let flac = try Tool.run("enhance", "nine.wav", "-o", "o.flac", in: nine)
        expectRefusal(flac, saying: "FLAC", "8 channels", leaving: nine, files: ["nine.wav"])
    }

    @Test func outputWithoutFormat() throws {
        let folder = try Scratch()
        try folder.write(Array(Sounds.noisySpeech.prefix(8_000)), to: "in.wav")
        let outcome = try Tool.run("enhance", "in.wav", "-o", "o.xyz", in: folder)
        expectRefusal(outcome, saying: "o.xyz", ".wav", leaving: folder, files: ["in.wav"])
    }

    /// CASES C01: a chunk that claims 4 GB.
    @Test func chunkBeyondTheEnd() throws {
        let folder = try Scratch()
        var bytes = Array("RIFF".utf8) + little(149) + Array("WAVEfmt ".utf8) + little(16)
        bytes += [1, 0, 1, 0] + little(16_000) + little(32_000) + [2, 0, 16, 0]
        bytes += Array("LIST".utf8) + little(72) + Array("INFOISFT".utf8) + little(0xFFFF_FFF0)
        bytes += [UInt8](repeating: 65, count: 157 - bytes.count)
        try folder.write(bytes, to: "hang.wav")
        for arguments in [["info", "hang.wav"], ["enhance", "hang.wav", "-o", "o.wav"]] {
            let outcome = try Tool.run(arguments, in: folder)
            expectRefusal(outcome, saying: "hang.wav", "ISFT", "4294967280", leaving: folder, files: ["hang.wav"])
            #expect(outcome.seconds < 10)
        }
    }
}

func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }

/// A float WAV with any bit patterns, which the library's own writer would refuse.
func floatWave(_ samples: [Float], rate: UInt32 = 16_000) -> [UInt8] {
    let size = UInt32(samples.count * 4)
    return Array("RIFF".utf8) + little(36 + size) + Array("WAVEfmt ".utf8) + little(16) + [3, 0, 1, 0] + little(rate)
        + little(rate * 4) + [4, 0, 32, 0] + Array("data".utf8) + little(size)
        + samples.flatMap { little($0.bitPattern) }
}
