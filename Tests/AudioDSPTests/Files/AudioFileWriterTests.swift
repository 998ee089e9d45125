import AudioDSP
import Foundation
import Testing

@Suite struct AudioFileWriterTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sound(_ samples: [Float], rate: Int = 16_000) -> AudioBuffer { AudioBuffer(channels: [samples], sampleRate: rate) }

    @Test func samplesBeyondFullScaleSaturateAndAreCounted() throws {
        let samples: [Float] = [0, 0.5, 1, 1.0001, -1, -1.5, 37, -1e30, 0.99999]
        for (name, bits) in [("a.wav", 16), ("a.flac", 16), ("a.aiff", 16)] {
            let report = try AudioFile.write(sound(samples), to: folder.path(name))
            #expect(report.limitedSamples == 4)
            let top = 1 - Float(1) / Float(1 << (bits - 1))
            #expect(try AudioFile.read(folder.path(name)).channels[0] == [0, 0.5, top, top, -1, -1, top, -1, top])
        }
        let report = try AudioFile.write(sound(samples), to: folder.path("f.wav"), format: .wavFloat)
        #expect(report.limitedSamples == 0)
        #expect(try AudioFile.read(folder.path("f.wav")).channels[0] == samples)
        let lossy = try AudioFile.write(sound(samples), to: folder.path("a.ogg"))
        #expect(lossy.limitedSamples == 4)
    }

    @Test func roundingIsToTheNearestWithHalvesToEven() throws {
        let step = Float(1) / 32_768
        try AudioFile.write(sound([0.49 * step, 0.5 * step, 0.51 * step, 1.5 * step, -0.5 * step, -0.51 * step, -1.5 * step]), to: folder.path("a.wav"))
        let back = try AudioFile.read(folder.path("a.wav")).channels[0].map { $0 / step }
        #expect(back == [0, 0, 1, 2, 0, -1, -2])
    }

    @Test func notANumberIsNeverWritten() throws {
        for (name, value) in [("a.wav", Float.nan), ("b.flac", .infinity), ("c.ogg", -.infinity)] {
            let error = message { try AudioFile.write(sound([0, 0, value, value]), to: folder.path(name)) }
            #expect(error?.contains("at 0.000 s (2 of 4 samples)") == true, "\(error ?? "")")
        }
        #expect(folder.names.isEmpty)
    }

    @Test func anUnfinishedFileLeavesNothing() throws {
        do {
            let writer = try AudioFileWriter(path: folder.path("a.wav"), format: .wav16, sampleRate: 16_000, channels: 1)
            try writer.write(sound(testNoise(1_000, seed: 1)))
            #expect(folder.names.count == 1 && folder.names[0].hasPrefix("."))
        }
        #expect(folder.names.isEmpty)
        let flac = try AudioFileWriter(path: folder.path("a.flac"), format: .matching(outputPath: "a.flac"), sampleRate: 16_000, channels: 1)
        try flac.write(sound(testNoise(1_000, seed: 1)))
        flac.cancel()
        #expect(folder.names.isEmpty)
    }

    @Test func theOldFileStaysUntilTheNewOneIsComplete() throws {
        let path = folder.path("a.wav")
        try AudioFile.write(sound([0.25, 0.5]), to: path)
        let reader = try AudioFileReader(path: path)
        let writer = try AudioFileWriter(path: path, format: .wav16, sampleRate: 16_000, channels: 1)
        try writer.write(sound([0.125]))
        #expect(try AudioFile.read(path).channels == [[0.25, 0.5]])
        _ = try writer.finish()
        #expect(try AudioFile.read(path).channels == [[0.125]])
        #expect(try reader.read(frames: 10)?.channels == [[0.25, 0.5]], "an open reader keeps the file it opened")
    }

    @Test func linksKeepPointingAtTheWrittenFile() throws {
        try AudioFile.write(sound([0.25]), to: folder.path("real.wav"))
        try FileManager.default.createSymbolicLink(atPath: folder.path("link.wav"), withDestinationPath: folder.path("real.wav"))
        try AudioFile.write(sound([0.5]), to: folder.path("link.wav"))
        #expect(try AudioFile.read(folder.path("real.wav")).channels == [[0.5]])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link.wav")) == folder.path("real.wav"))
    }

    @Test func placesThatCannotBeWrittenAreNamed() throws {
        let missing = folder.path("no/such/a.wav")
        #expect(message { try AudioFile.write(sound([0]), to: missing) }?.contains("there is no folder") == true)
        #expect(message { try AudioFile.write(sound([0]), to: folder.url.path, format: .wav16) }?.contains("it is a folder") == true)
        #expect(message { try AudioFile.write(sound([0]), to: folder.path("a.xyz")) }?.contains("names no format") == true)
        let locked = folder.path("locked")
        try FileManager.default.createDirectory(atPath: locked, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o555])
        if access(locked, W_OK) != 0 {
            #expect(message { try AudioFile.write(sound([0]), to: locked + "/a.wav") }?.contains("Permission denied") == true)
        }
    }

    @Test func aFullDiskIsReported() throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let error = message { try AudioFile.write(sound(testNoise(100_000, seed: 3)), to: "/dev/full", format: .wav16) }
        #expect(error == "Writing /dev/full failed: No space left on device.")
    }

    @Test func namesMayBeUnusual() throws {
        for name in ["with space.wav", "größe-音.wav", "line\nbreak.wav", "-dash.wav", "'quote\".wav"] {
            try AudioFile.write(sound([0.5, -0.5]), to: folder.path(name))
            #expect(try AudioFile.read(folder.path(name)).channels == [[0.5, -0.5]], "\(name)")
        }
    }
}
