import NeuralCore
import TargetSpeech

/// One chunk of the streaming extractor on one thread, or everything before the first chunk.
///
/// The Python side does one step of the same network with its states carried along, the voice's gate computed once.
struct ExtractorWorkload: Workload {
    var title: String
    var configuration: ExtractorConfiguration
    var preparation = false

    var name: String { "extractor \(preparation ? "start" : "chunk"), \(title)" }
    var rounds: Int? { preparation ? nil : 400 }

    var settings: [String: any Sendable] {
        [
            "task": preparation ? "extractor_start" : "extractor_chunk", "threads": 1,
            "num_ch": configuration.microphones, "n_srcs": configuration.outputs,
            "stft_chunk_size": configuration.chunkLength, "stft_pad_size": configuration.lookahead,
            "D": configuration.width, "H": configuration.hidden, "B": configuration.blocks, "L": configuration.heads,
            "local_atten_len": configuration.attentionFrames, "approx_qk_dim": configuration.approximateQuerySize,
            "embed_dim": configuration.embeddingSize,
        ]
    }

    func prepare() throws -> () -> Void {
        var rng = Philox(seed: 1)
        let configuration = configuration, network = TFGridNetExtractor(configuration, using: &rng)
        let voice = Tensor.gaussian([configuration.embeddingSize], using: &rng).values
        func start() throws -> StreamingExtractor {
            let extractor = try StreamingExtractor(network)
            if configuration.isConditioned { try extractor.setVoice(voice) }
            try extractor.prepare()
            return extractor
        }
        let extractor = try start()
        if preparation { return { _ = try? start() } }
        let chunk = configuration.chunkLength
        let input = (Tensor.gaussian([configuration.microphones * chunk], using: &rng) * 0.1).values
        var output = [Float](repeating: 0, count: configuration.outputs * chunk)
        return { extractor.process(input, &output) }
    }

    /// Narrow enough for a phone's core: 32 features, 32 units.
    private static let small: ExtractorConfiguration = {
        var configuration = ExtractorConfiguration()
        (configuration.width, configuration.hidden) = (32, 32)
        return configuration
    }()

    static let all = [
        ExtractorWorkload(title: "published, 8 ms", configuration: .init()),
        ExtractorWorkload(title: "D 32, H 32, 8 ms", configuration: small),
        ExtractorWorkload(title: "published", configuration: .init(), preparation: true),
        ExtractorWorkload(title: "D 32, H 32", configuration: small, preparation: true),
    ]
}
