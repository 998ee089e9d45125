import ModelLibrary
import NeuralCore

/// A network that tells whose voice is in front, of whatever design.
public protocol EnrollingNetwork: ConfiguredNetwork where Configuration: EnrollingNetworkConfiguration {
    /// The embedding of the voice in front in `[batch, microphones, samples]`: `[batch, embeddingSize]`. Differentiable.
    func callAsFunction(_ recording: Tensor) -> Tensor
}

public protocol EnrollingNetworkConfiguration: NetworkConfiguration, Equatable {
    /// Channels of the recording, 1 or 2.
    var microphones: Int { get }
    var embeddingSize: Int { get }
    /// The shortest recording in samples.
    var minimumLength: Int { get }
}

extension EnrollmentConfiguration: EnrollingNetworkConfiguration {}
extension MelEnrollmentConfiguration: EnrollingNetworkConfiguration {}

extension EnrollingNetwork {
    public static func kind(of configuration: Configuration) -> ModelFile.Kind { .enrollment }

    public static func purpose(of configuration: Configuration) -> String {
        "Tells the voice in front from a noisy recording."
    }
}

extension EnrollmentNetwork: EnrollingNetwork {
    /// A convolution that is never used.
    public static var namesBesideParameters: [String] { ["deconv."] }
}

extension MelEnrollmentNetwork: EnrollingNetwork {
    public static var namesBesideParameters: [String] { [] }
}

extension EnrollingNetwork {
    /// The embedding of one recording. One channel is heard by both ears of a binaural network; two are averaged for a
    /// network with one.
    func vector(of channels: [[Float]]) -> [Float] {
        var ears = channels
        if channels.count == 1, configuration.microphones == 2 { ears = [channels[0], channels[0]] }
        if channels.count == 2, configuration.microphones == 1 { ears = [zip(channels[0], channels[1]).map { ($0 + $1) / 2 }] }
        return self(Tensor(ears.flatMap { $0 }, shape: [1, ears.count, ears[0].count])).values
    }
}

/// Opens the enrolment network of a model file, of whichever design it is.
///
/// - Throws: `ModelError` for another kind of model or settings that cannot be used, `CheckpointError` where tensors do
///   not fit.
public func enrollingNetwork(_ file: ModelFile) throws -> any EnrollingNetwork {
    file.settings["network"]["family"].string == MelEnrollmentConfiguration.family
        ? try MelEnrollmentNetwork(file) : try EnrollmentNetwork(file)
}
