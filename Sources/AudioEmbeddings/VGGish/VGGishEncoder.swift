import AudioDSP
import ModelLibrary
import NeuralCore

/// VGGish as an encoder: one embedding for every 0.96 s, without the final activation, principal components and
/// quantisation, as distances are usually computed.
public struct VGGishEncoder: AudioEncoder {
    public let name: String
    public let identity: String
    public let network: VGGish
    private let features: VGGishFeatures

    public let sampleRate = VGGishFeatures.sampleRate
    public var dimension: Int { network.dimension }
    public let cutting =
        "stretches of 0.96 s one after the other, what remains at the end left out; shorter recordings are repeated"

    /// - Parameter identity: differs with the weights.
    public init(_ network: VGGish, name: String = "vggish", identity: String) throws {
        (self.name, self.network, self.identity) = (name, network, "vggish 1 " + identity)
        features = try VGGishFeatures()
    }

    /// An installed model.
    ///
    /// - Throws: `ModelError`, `CheckpointError`.
    public init(_ file: ModelFile) throws {
        try self.init(VGGish(weights: file.file), name: file.name, identity: file.contentHash())
    }

    public func embeddings(ofSignal signal: [Float]) throws -> Tensor {
        let logMel = try features.logMel(Stretches.repeated(signal, to: VGGishFeatures.exampleLength))
        let size = VGGishFeatures.frameCount * VGGishFeatures.bandCount, count = logMel.count / size
        // A few examples at a time, so that an hour takes no more memory than a minute.
        let parts = stride(from: 0, to: count, by: 16).map { first in
            let range = first..<min(count, first + 16)
            return network(Tensor(
                Array(logMel[range.lowerBound * size..<range.upperBound * size]),
                shape: [range.count, VGGishFeatures.frameCount, VGGishFeatures.bandCount]))
        }
        return Tensor.concatenated(parts, axis: 0)
    }
}
