import ModelLibrary
import NeuralCore

/// The enrolment network of a model file as the encoder of examples.
public struct NetworkEnrollmentEncoder: EnrollmentEncoder {
    public let model: Voice.Model
    private let network: any EnrollingNetwork

    /// - Throws: `ModelError`, `CheckpointError`.
    public init(_ file: ModelFile) throws {
        network = try enrollingNetwork(file)
        model = Voice.Model(name: file.name, sha256: try file.contentHash())
    }

    public var vectorSize: Int { network.vectorSize }

    public func vector(of channels: [[Float]]) throws -> [Float] {
        let needed = network.minimumLength
        guard channels[0].count >= needed else {
            throw EnrollmentError.tooShort(example: "The example", speech: 0, needed: Double(needed) / 16_000)
        }
        return network.vector(of: channels)
    }
}

extension EnrollingNetwork {
    fileprivate var vectorSize: Int { configuration.embeddingSize }
    fileprivate var minimumLength: Int { configuration.minimumLength }
}
