import AudioDSP
import ModelLibrary
import NeuralCore
import ScoreDiffusion
import TargetSpeech

/// The next chunk of a recording through a shipped streaming model, on one thread. A chunk lasts 16 ms.
struct StreamWorkload: Workload {
    var model: String

    var name: String { "a chunk of a stream, \(model)" }
    var rounds: Int? { 1000 }
    var settings: [String: any Sendable] { [:] }
    var hasPeer: Bool { false }

    func prepare() throws -> () -> Void {
        let processor = try processor(), length = processor.chunkLength
        let sound = try AudioFile.read(noisyRecording).channels[0]
        let chunks = (0..<sound.count / length).map { index in
            (0..<processor.inputChannels).flatMap { _ in sound[index * length..<(index + 1) * length] }
        }
        try processor.prepare()
        var output = [Float](repeating: 0, count: processor.outputChannels * length), next = 0
        return {
            processor.process(chunks[next], &output)
            next = (next + 1) % chunks.count
        }
    }

    private func processor() throws -> any StreamProcessor {
        let file = try ModelFile(path: projectFolder.appendingPathComponent("models/\(model).safetensors").path)
        guard !EnhancerModel.describes(file) else { return try StreamingEnhancer(EnhancerModel(file)) }
        let extracting = try StreamingModel(file), extractor = try extracting.processor()
        var rng = Philox(seed: 1)
        let voice = Tensor.gaussian([extracting.embeddingSize], using: &rng)
        try extractor.setVoice((voice / sqrt(square(voice).sum())).values)
        return extractor
    }

    static let all = ["extractor-16k", "stream-16k"].map { StreamWorkload(model: $0) }
}
