import NeuralCore

extension StreamingExtractor {
    /// The same function as `network`, whose weights are copied.
    public convenience init(_ network: TFGridNetExtractor) throws {
        try self.init(network.configuration, weights: Dictionary(uniqueKeysWithValues: network.namedParameters()))
    }

    /// The weights of a file; see `init(_:weights:)`. Throws what reading throws besides.
    public convenience init(_ configuration: ExtractorConfiguration, weights source: some TensorSource) throws {
        var tensors: [String: Tensor] = [:]
        for name in source.names { tensors[name] = try source.tensor(name) }
        try self.init(configuration, weights: tensors)
    }

    /// Extracts the voice from a whole signal, one array for each microphone: as many samples, not late.
    ///
    /// Starts and ends with a forgotten signal. Throws unless there is an equally long array for each microphone.
    public func extract(_ mixture: [[Float]]) throws -> [[Float]] {
        guard mixture.count == inputChannels, Set(mixture.map(\.count)).count == 1 else {
            throw TargetSpeechError.invalidSetting(
                name: "The mixture", value: "\(mixture.map(\.count)) samples by channel",
                fix: "it needs \(inputChannels) channels of one length.")
        }
        let count = mixture[0].count, chunk = chunkLength
        func samples(from start: Int, count wanted: Int) -> [Float] {
            mixture.flatMap { channel in
                (start..<start + wanted).map { $0 < count ? channel[$0] : 0 }
            }
        }
        begin(with: samples(from: 0, count: latency))
        defer { reset() }
        var result = [[Float]](repeating: [], count: outputChannels)
        var output = [Float](repeating: 0, count: outputChannels * chunk)
        for start in stride(from: 0, to: count, by: chunk) {
            process(samples(from: start + latency, count: chunk), &output)
            for channel in result.indices {
                result[channel] += output[channel * chunk..<channel * chunk + min(chunk, count - start)]
            }
        }
        return result
    }
}
