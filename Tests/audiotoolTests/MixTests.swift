import AudioDSP
import Foundation
import TargetSpeech
import TestSupport
import Testing

@Suite struct MixTests {
    private let scratch: Scratch
    private static let head = Repository.fixtures.appendingPathComponent("hrtf/kemar-6deg.sofa").path

    init() throws {
        scratch = try Scratch()
        for talker in 0..<5 {
            for utterance in 0..<2 {
                let sound = Sounds.noise(24_000, level: 0.1, seed: UInt64(10 * talker + utterance + 1)).enumerated().map {
                    $0.element * Float(max(0, sin(Double($0.offset) / 1500)))
                }
                try scratch.write(sound, to: "speech/s\(talker)/u\(utterance).wav")
            }
        }
        try scratch.write(Sounds.noise(32_000, level: 0.1, seed: 99), to: "noise/hiss.wav")
    }

    private func mix(_ more: String..., head: Bool = true) throws -> Tool.Outcome {
        try Tool.run(
            ["mix", "--speech", "speech", "--noise", "noise", "--seconds", "2"] + (head ? ["--hrtf", Self.head] : []) + more, in: scratch)
    }

    @Test func scenesAreWritten() throws {
        let outcome = try mix("--count", "3", "--absent", "1", "-o", "out")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let names = ["enrollment.wav", "enrollment_clean.wav", "mixture.wav", "scene.json", "target.wav"]
        let expected = (0..<3).flatMap { index in names.map { "out/0000\(index)/\($0)" } } + ["out/scenes.json"]
        #expect(scratch.files.filter { $0.hasPrefix("out/") } == expected.sorted())
        let mixture = try scratch.read("out/00001/mixture.wav"), target = try scratch.read("out/00001/target.wav")
        #expect(mixture.channels.count == 2 && mixture.frameCount == 32_000 && mixture.sampleRate == 16_000)
        #expect(target.channels.count == 2 && target.frameCount == 32_000)
        #expect(try scratch.read("out/00001/enrollment_clean.wav").channels.count == 1)
        #expect(try scratch.read("out/00000/target.wav").channels.allSatisfy { Level.peak($0) == 0 })
        let recipe = try JSONDecoder().decode(SceneRecipe.self, from: Data(scratch.bytes("out/00002/scene.json")))
        #expect(recipe.index == 2 && recipe.seed == 1 && recipe.isTargetPresent)
    }

    /// The same bytes with one thread and with two, and after a scene was lost.
    @Test func scenesDependOnNothingElse() throws {
        #expect(try mix("--count", "3", "-o", "one", "--threads", "1", "--seed", "7").code == 0)
        #expect(try mix("--count", "3", "-o", "two", "--threads", "2", "--seed", "7").code == 0)
        func files(_ folder: String) -> [String] { scratch.files.filter { $0.hasPrefix(folder + "/") } }
        for file in files("one") {
            #expect(try scratch.bytes(file) == scratch.bytes("two" + file.dropFirst(3)), "\(file)")
        }
        try FileManager.default.removeItem(atPath: scratch.path("two/00001"))
        try scratch.makeFolder("two/.00002.partial")
        let kept = try FileManager.default.attributesOfItem(atPath: scratch.path("two/00000/mixture.wav"))[.modificationDate] as? Date
        let outcome = try mix("--count", "3", "-o", "two", "--skip-existing", "--seed", "7")
        #expect(outcome.code == 0 && outcome.errors.contains("2 of them there already"), "\(outcome.errors)")
        #expect(files("two").map { "one" + $0.dropFirst(3) } == files("one"))
        #expect(try scratch.bytes("two/00001/mixture.wav") == scratch.bytes("one/00001/mixture.wav"))
        #expect(try scratch.bytes("two/scenes.json") == scratch.bytes("one/scenes.json"))
        let after = try FileManager.default.attributesOfItem(atPath: scratch.path("two/00000/mixture.wav"))[.modificationDate] as? Date
        #expect(kept == after)
        expectRefusal(try mix("--count", "3", "-o", "two", "--skip-existing", "--seed", "8"), saying: "seed 7", "two")
    }

    @Test func oneMicrophoneNeedsNoHead() throws {
        let outcome = try mix("--count", "1", "--mono", "-o", "mono", head: false)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try scratch.read("mono/00000/mixture.wav").channels.count == 1)
    }

    @Test func talkersMoveOnRequest() throws {
        let outcome = try mix("--count", "1", "--motion", "linear", "-o", "moving")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(String(decoding: try scratch.bytes("moving/00000/scene.json"), as: UTF8.self).contains("\"motion\" : \"linear\""))
    }

    @Test func brokenMaterialIsNamed() throws {
        try scratch.write(Array("no sofa at all".utf8), to: "broken.sofa")
        func run(_ arguments: String...) throws -> Tool.Outcome { try Tool.run(["mix", "-o", "out"] + arguments, in: scratch) }
        expectRefusal(try run("--speech", "speech", "--hrtf", "broken.sofa"), saying: "broken.sofa")
        expectRefusal(try run("--speech", "speech", "--hrtf", "missing.sofa"), saying: "missing.sofa")
        expectRefusal(try run("--speech", "nothing", "--mono"), saying: "nothing")
        expectRefusal(try run("--speech", "speech", "--mono", "--talkers", "6"), saying: "talkers")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
    }

    @Test(arguments: [
        ["--count", "0", "--mono"], ["--absent", "11", "--mono"], ["--talkers", "3-2", "--mono"], [], ["--mono", "--hrtf", "x.sofa"],
        ["--mono", "--seconds", "0"], ["--mono", "--moving", "2"], ["--mono", "--motion", "fast"],
    ])
    func wrongUsageIsExplained(_ arguments: [String]) throws {
        let outcome = try Tool.run(["mix", "--speech", "speech", "-o", "out"] + arguments, in: scratch)
        #expect(outcome.code == 64)
        #expect(outcome.errors.hasPrefix("Error: "))
    }
}
