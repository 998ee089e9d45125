import ModelLibrary
import NeuralCore

/// A network that lets one voice through, of whatever design.
public protocol ExtractorNetwork: ConfiguredNetwork where Configuration: ExtractorNetworkConfiguration {
    /// The voice of `embedding`, `[batch, embeddingSize]`, in a mixture, `[batch, microphones, samples]`:
    /// `[batch, outputs, samples]`, in time with it. Differentiable.
    func callAsFunction(_ mixture: Tensor, embedding: Tensor?) -> Tensor
    /// The same, chunk by chunk; its weights are copied.
    func stream() throws -> any VoiceExtracting
}

public protocol ExtractorNetworkConfiguration: NetworkConfiguration, Equatable {
    /// Channels of the mixture and of the result, 1 or 2.
    var microphones: Int { get }
    var outputs: Int { get }
    /// Elements of a voice's embedding; 0 for a network that hears no particular voice.
    var embeddingSize: Int { get }
}

extension ExtractorNetwork {
    var embeddingSize: Int { configuration.embeddingSize }
}

extension ExtractorConfiguration: ExtractorNetworkConfiguration {}
extension BandSplitConfiguration: ExtractorNetworkConfiguration {}

extension TFGridNetExtractor: ExtractorNetwork {
    public func stream() throws -> any VoiceExtracting { try StreamingExtractor(self) }
}

extension BandSplitExtractor: ExtractorNetwork {
    public static var namesBesideParameters: [String] { [] }
    public static func kind(of configuration: BandSplitConfiguration) -> ModelFile.Kind { .extractor }

    public static func purpose(of configuration: BandSplitConfiguration) -> String {
        "Lets one enrolled voice through, while it sounds."
    }

    public func stream() throws -> any VoiceExtracting { StreamingBandSplitExtractor(self) }
}

/// Opens the extractor of a model file, of whichever design it is.
///
/// - Throws: `ModelError` for another kind of model or settings that cannot be used, `CheckpointError` where tensors do
///   not fit.
public func extractorNetwork(_ file: ModelFile) throws -> any ExtractorNetwork {
    file.settings["network"]["family"].string == BandSplitConfiguration.family
        ? try BandSplitExtractor(file) : try TFGridNetExtractor(file)
}
