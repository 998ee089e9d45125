import Foundation
import Testing

@testable import AudioDSP

@Suite struct AudioFolderTests {
    private let root = FileManager.default.temporaryDirectory.appendingPathComponent("folder-\(UUID().uuidString)").path

    private func write(_ name: String, seconds: Double = 0.5, rate: Int = 16000, channels: Int = 1, amplitude: Float = 0.1) throws {
        let path = root + "/" + name
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let samples = (0..<Int(seconds * Double(rate))).map { amplitude * sin(Float($0) * 2 * .pi * 200 / Float(rate)) }
        try AudioFile.write(AudioBuffer(channels: Array(repeating: samples, count: channels), sampleRate: rate), to: path)
    }

    private func writeText(_ name: String, _ text: String) throws {
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/" + name))
    }

    private func cleanUp() { try? FileManager.default.removeItem(atPath: root) }

    @Test func findsEveryFormatBelowAndNamesTheGroups() throws {
        defer { cleanUp() }
        try write("anna/one.wav")
        try write("anna/session/two.flac")
        try write("ben/one.wav", rate: 48000, channels: 2)
        try writeText("notes.txt", "nothing to hear")
        let folder = try AudioFolder(scanning: root, role: "speech")
        #expect(folder.recordings.map(\.relativePath) == ["anna/one.wav", "anna/session/two.flac", "ben/one.wav"])
        #expect(folder.groups == ["anna", "ben"])
        #expect(folder.recordings[2].sampleRate == 48000 && folder.recordings[2].channels == 2)
    }

    @Test func resamplesAndSaysSo() throws {
        defer { cleanUp() }
        try write("a/1.wav", rate: 48000)
        try write("a/2.wav", rate: 48000)
        try write("b/1.wav", rate: 16000)
        try write("c/1.wav", rate: 8000)
        let collection = try AudioCollection(loading: AudioFolder(scanning: root, role: "speech"), sampleRate: 16000)
        #expect(collection.summary.contains("speech: 48 kHz → 16 kHz, 2 files"))
        #expect(collection.summary.contains("16 kHz, 1 file;"))
        #expect(collection.summary.contains("8 kHz → 16 kHz, 1 file (nothing above 4 kHz in them)"))
        #expect(collection.recordings.indices.allSatisfy { collection.frameCount(of: $0) == 8000 })
        // The tone keeps its pitch: 100 periods in half a second.
        for index in collection.recordings.indices {
            let samples = collection.excerpt(of: index, from: 0, count: 8000)
            let crossings = zip(samples, samples.dropFirst()).count { $0 < 0 && $1 >= 0 }
            #expect((98...101).contains(crossings))
        }
    }

    @Test func sameSamplesFromMemoryAndFromTheSpoolFile() throws {
        defer { cleanUp() }
        try write("a/1.wav", rate: 44100)
        try write("a/2.wav", amplitude: 0.01)
        let folder = try AudioFolder(scanning: root, role: "noise")
        var options = AudioCollection.Options()
        options.spoolFolder = root
        let inMemory = try AudioCollection(loading: folder, sampleRate: 16000, options: options)
        options.memoryLimit = 0
        let mapped = try AudioCollection(loading: folder, sampleRate: 16000, options: options)
        for index in 0..<2 {
            #expect(inMemory.excerpt(of: index, from: 17, count: 5000) == mapped.excerpt(of: index, from: 17, count: 5000))
        }
        #expect(inMemory.fingerprint == mapped.fingerprint)
        #expect(FileManager.default.fileExists(atPath: root + "/noise-16000.s16"))
    }

    @Test func loopsWithoutAClick() throws {
        defer { cleanUp() }
        try write("tone.wav", seconds: 0.3)
        let collection = try AudioCollection(loading: AudioFolder(scanning: root, role: "noise"), sampleRate: 16000)
        let looped = collection.loop(of: 0, from: 1000, count: 20000)
        #expect(looped.count == 20000)
        let largestStep = zip(looped, looped.dropFirst()).map { abs($1 - $0) }.max() ?? 0
        // A full-scale 200 Hz tone moves by 0.079 a sample; a hard seam would jump by up to 2.
        #expect(largestStep < 0.2)
    }

    @Test func refusesWhatHoldsNothing() throws {
        defer { cleanUp() }
        #expect(throws: AudioFolderError.notFound(role: "speech", path: root)) { try AudioFolder(scanning: root, role: "speech") }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        #expect(message { _ = try AudioFolder(scanning: root, role: "speech") }.contains("is empty"))
        try writeText("notes.txt", "nothing to hear")
        #expect(message { _ = try AudioFolder(scanning: root, role: "speech") }.contains("none of them audio"))
        #expect(message { _ = try AudioFolder(scanning: root + "/notes.txt", role: "noise") }.contains("is a file"))
        try writeText("fake.wav", "this is text, not a recording")
        #expect(message { _ = try AudioFolder(scanning: root, role: "speech") }.contains("None of the 1 audio files"))
    }

    @Test func listsWhatItSkips() throws {
        defer { cleanUp() }
        try write("good.wav")
        try write("silent.wav", amplitude: 0)
        try writeText("broken.wav", "RIFF")
        let collection = try AudioCollection(loading: AudioFolder(scanning: root, role: "noise"), sampleRate: 16000)
        #expect(collection.recordings.map(\.relativePath) == ["good.wav"])
        #expect(collection.skipped.count == 2)
        #expect(collection.skipped.contains { $0.reason.contains("silent.wav is silent") })
    }

    private func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return error.localizedDescription }
        return ""
    }
}
