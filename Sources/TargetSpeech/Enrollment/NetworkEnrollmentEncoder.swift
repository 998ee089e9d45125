import ModelLibrary
import NeuralCore

/// The enrolment network of a model file as the encoder of examples.
public struct NetworkEnrollmentEncoder: EnrollmentEncoder {
    public let model: Voice.Model
    private let network: EnrollmentNetwork

    /// - Throws: `ModelError`, `CheckpointError`.
    public init(_ file: ModelFile) throws {
        network = try EnrollmentNetwork(file)
        model = Voice.Model(name: file.name, sha256: try file.contentHash())
    }

    public var vectorSize: Int { network.configuration.embeddingSize }

    /// One channel is heard by both ears of a binaural network; two are averaged for a network with one.
    public func vector(of channels: [[Float]]) throws -> [Float] {
        let wanted = network.configuration.microphones
        var ears = channels
        if channels.count == 1, wanted == 2 { ears = [channels[0], channels[0]] }
        if channels.count == 2, wanted == 1 { ears = [zip(channels[0], channels[1]).map { ($0 + $1) / 2 }] }
        let needed = network.configuration.minimumLength
        guard ears[0].count >= needed else {
            throw EnrollmentError.tooShort(example: "The example", speech: 0, needed: Double(needed) / 16_000)
        }
        return network(Tensor(ears.flatMap { $0 }, shape: [1, wanted, ears[0].count])).values
    }
}
