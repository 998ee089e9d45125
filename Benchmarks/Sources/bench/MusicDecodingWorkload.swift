import Foundation
import MusicRL
import NeuralCore

/// Eight frames of music: steps of a decoder of MusicGen small's size with drawn weights, one clip with guidance.
///
/// The Python side takes the same steps with transformers' decoder in float32, keys and values of the past kept.
struct MusicDecodingWorkload: Workload {
    var precision: WeightPrecision

    static let frames = 8
    var name: String { "8 frames of MusicGen small, \(precision.rawValue)" }

    private static let configuration = MusicGenConfiguration(
        codes: 2048, codebooks: 4, width: 1024, feedForwardWidth: 4096, layers: 24, heads: 16)

    var settings: [String: any Sendable] { ["task": "music_decoding", "frames": Self.frames] }

    func prepare() throws -> () -> Void {
        let configuration = Self.configuration
        let weights = try DecoderWeights(configuration, from: DrawnWeights(configuration), precision: precision)
        var rng = Philox(seed: 2)
        let text = TextCondition(TextStates(.gaussian([12, configuration.width], using: &rng)), for: weights)
        let decoder = IncrementalDecoder(weights, conditions: [text, nil], capacity: 512)
        let bytes = Double(weights.bytesPerStep), bandwidth = Self.bandwidth
        print(String(
            format: "    %@: %.0f MB of weights a frame; memory gives %.1f GB/s, so at most %.1f frames/s",
            precision.rawValue, bytes / 1e6, bandwidth / 1e9, bandwidth / bytes))
        var token: Int32 = 0
        return {
            for _ in 0..<Self.frames {
                if decoder.position == decoder.capacity { decoder.reset() }
                token = (token + 17) % 2048
                let step = [[Int32](repeating: token, count: configuration.codebooks)]
                try? decoder.advance([step, step])
            }
        }
    }

    /// Bytes a second at which all threads together read a gigabyte; the best of five.
    private static let bandwidth: Double = {
        let memory = Tensor.ones([1 << 28])
        let times = (0..<5).map { _ in ContinuousClock().measure { _ = memory.sum() } }
        return Double(4 << 28) / (times.min()! / .seconds(1))
    }()

    static let all = WeightPrecision.allCases.map { MusicDecodingWorkload(precision: $0) }
}

/// Weights of the right shapes, cut out of one table of draws.
private struct DrawnWeights: TensorSource {
    let path = "drawn weights"
    let names: [String]
    private let shapes: [String: [Int]]
    private let table: [Float]

    init(_ configuration: MusicGenConfiguration) {
        var rng = Philox(seed: 1)
        table = (Tensor.gaussian([1 << 20], using: &rng) * 0.02).values
        names = configuration.parameterShapes.map(\.name)
        shapes = Dictionary(uniqueKeysWithValues: configuration.parameterShapes.map { ($0.name, $0.shape) })
    }

    func contains(_ name: String) -> Bool { shapes[name] != nil }
    func shape(_ name: String) throws -> [Int] { shapes[name]! }

    func tensor(_ name: String) throws -> Tensor {
        let start = name.utf8.reduce(0) { ($0 * 31 + Int($1)) & 0xFFFFF }
        return Tensor(shape: shapes[name]!) { buffer in
            var position = start
            for index in buffer.indices {
                buffer[index] = table[position]
                position = position + 1 == table.count ? 0 : position + 1
            }
        }
    }
}
