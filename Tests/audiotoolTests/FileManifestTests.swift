import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

/// The program over the reference files, sound and broken, against the manifests beside them.
@Suite struct FileManifestTests {
    struct Case: Sendable, CustomStringConvertible {
        var path: String
        var entry: JSONValue
        var description: String { entry["file"].string ?? path }
        var name: String { (path as NSString).lastPathComponent }
    }

    private static func cases(_ manifest: String) -> [Case] {
        let folder = Repository.fixtures.appendingPathComponent("reference/dsp/files")
        do {
            let text = try String(contentsOf: folder.appendingPathComponent(manifest), encoding: .utf8)
            guard let entries = try JSONValue(parsing: text)["files"].array, !entries.isEmpty else {
                fatalError("\(manifest) lists no files")
            }
            return entries.map { Case(path: folder.appendingPathComponent($0["file"].string!).path, entry: $0) }
        } catch {
            fatalError("\(manifest): \(error)")
        }
    }

    static let sound = cases("manifest.json")
    static let broken = cases("broken/manifest.json")

    @Test(arguments: sound) func soundFile(_ file: Case) throws {
        let folder = try Scratch()
        let reference = file.entry["libsndfile"]
        let info = try Tool.run("info", file.path, "--json")
        let enhanced = try Tool.run("enhance", file.path, "-o", folder.path("o.wav"))
        guard reference["opened"].bool == true else {
            expectRefusal(info, saying: file.name, "ffmpeg -i")
            return expectRefusal(enhanced, saying: file.name, "ffmpeg -i", leaving: folder, files: [])
        }
        #expect(info.code == 0, "\(info.errors)")
        let description = try JSONValue(parsing: info.text)
        #expect(description["sampleRate"].int == reference["fs"].int)
        #expect(description["channels"].int == reference["channels"].int)
        #expect(description["frames"].int == reference["read_frames"].int)
        guard reference["read_frames"].int != 0 else {
            return expectRefusal(enhanced, saying: file.name, "no audio", leaving: folder, files: [])
        }
        #expect(enhanced.code == 0, "\(enhanced.errors)")
        let output = try folder.read("o.wav")
        #expect(output.sampleRate == reference["fs"].int)
        #expect(output.channels.count == reference["channels"].int)
        #expect(output.frameCount == reference["read_frames"].int)
        #expect(output.channels.allSatisfy { $0.allSatisfy { $0.isFinite } })
    }

    /// `should` begins with "refuse" or "accept"; where it allows both, the outcome must still be one of the two.
    @Test(arguments: broken) func brokenFile(_ file: Case) throws {
        let folder = try Scratch()
        let should = file.entry["should"].string!
        let info = try Tool.run("info", file.path)
        let enhanced = try Tool.run("enhance", file.path, "-o", folder.path("o.wav"), "--allow-truncated")
        #expect(info.seconds < 20 && enhanced.seconds < 20)
        let mayAccept = ["accept", "0 frames", "replace", "or read"].contains { should.contains($0) }
        let mayRefuse = should.contains("refuse") || should.contains("0 frames")
        if enhanced.code == 0 {
            #expect(mayAccept, "accepted, but should \(should)")
            #expect(info.code == 0)
            let output = try folder.read("o.wav")
            #expect(output.frameCount > 0)
            #expect(output.channels.allSatisfy { $0.allSatisfy { $0.isFinite } })
            if let match = should.firstMatch(of: /(\d+) frames/), let frames = Int(match.1), frames > 0 {
                #expect(output.frameCount == frames, "\(should)")
            }
        } else {
            #expect(mayRefuse, "refused, but should \(should): \(enhanced.errors)")
            expectRefusal(enhanced, saying: file.name, leaving: folder, files: [])
        }
        if should.hasPrefix("refuse"), !mayAccept {
            #expect(info.code == 1)
            #expect(info.errors.contains(file.name))
            #expect(info.errorLines.count == 1)
        }
    }
}
