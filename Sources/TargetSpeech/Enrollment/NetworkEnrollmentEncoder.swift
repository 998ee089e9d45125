import ModelLibrary
import NeuralCore

/// The enrolment network of a model file as the encoder of examples.
public struct NetworkEnrollmentEncoder: EnrollmentEncoder {
    public let model: Voice.Model
    /// The model file's `cosineRange`, `[strangers, one person]`, or that of d-vectors.
    public let cosineRange: ClosedRange<Double>
    private let network: any EnrollingNetwork

    /// - Throws: `ModelError`, `CheckpointError`.
    public init(_ file: ModelFile) throws {
        network = try enrollingNetwork(file)
        cosineRange = try Self.cosineRange(file)
        model = Voice.Model(name: file.name, sha256: try file.contentHash())
    }

    private static func cosineRange(_ file: ModelFile) throws -> ClosedRange<Double> {
        let stored = file.settings["cosineRange"]
        guard !stored.isNull else { return 0.5...0.75 }
        guard let bounds = stored.doubles, bounds.count == 2, bounds[0] < bounds[1] else {
            throw ModelError.invalidSettings(path: file.path, reason: "'cosineRange' is not two rising numbers")
        }
        return bounds[0]...bounds[1]
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
