import Foundation
import ModelLibrary
import NeuralCore
import TargetSpeech

/// Small models with drawn weights, for what does not depend on what they have learned.
enum TinyTargetModels {
    static let environment = "AUDIOTOOL_MODELS"

    /// A folder with an extractor, the same with a second of warming up, one that wants voices of another enrolment model, a
    /// streaming enhancer, an enrolment model, and a voice for the first extractor.
    static func install(in folder: Scratch) throws -> [String: String] {
        try folder.makeFolder("models")
        var rng = Philox(seed: 3)
        let conditioned = configuration(embeddingSize: 16), plain = configuration(embeddingSize: 0)
        try TFGridNetExtractor(conditioned, using: &rng).write(to: folder.path("models/tiny-extractor.safetensors"), name: "tiny-extractor")
        let other = JSONValue.object(["name": .string("other-enrol"), "sha256": .string(String(repeating: "0", count: 64))])
        try TFGridNetExtractor(conditioned, using: &rng).write(
            to: folder.path("models/tiny-strict.safetensors"), name: "tiny-strict", details: ["voiceModel": other])
        var same = Philox(seed: 3)
        try TFGridNetExtractor(conditioned, using: &same).write(
            to: folder.path("models/tiny-warm.safetensors"), name: "tiny-warm", details: ["warmUp": .number(1)])
        try TFGridNetExtractor(plain, using: &rng).write(to: folder.path("models/tiny-stream.safetensors"), name: "tiny-stream")
        var enrollment = EnrollmentConfiguration()
        (enrollment.width, enrollment.hidden, enrollment.blocks, enrollment.heads) = (4, 4, 1, 2)
        (enrollment.approximateQuerySize, enrollment.embeddingSize) = (65, 16)
        try EnrollmentNetwork(enrollment, using: &rng).write(to: folder.path("models/tiny-enrol.safetensors"), name: "tiny-enrol")
        let model = Voice.Model(name: "tiny-enrol", sha256: try ModelFile(path: folder.path("models/tiny-enrol.safetensors")).contentHash())
        let voice = Voice(
            vector: (0..<16).map { Float($0) - 7 }, model: model,
            origin: Voice.Origin(examples: [Voice.Example(duration: 3, speechDuration: 3, channels: 1)], partCosine: nil, exampleCosine: nil),
            confidence: 0.5)
        try voice?.write(to: folder.path("a.voice"))
        return [environment: folder.path("models")]
    }

    private static func configuration(embeddingSize: Int) -> ExtractorConfiguration {
        var settings = ExtractorConfiguration()
        (settings.microphones, settings.outputs) = (1, 1)
        (settings.width, settings.hidden, settings.blocks, settings.heads) = (4, 4, 2, 2)
        (settings.approximateQuerySize, settings.attentionFrames, settings.embeddingSize) = (97, 5, embeddingSize)
        return settings
    }
}
