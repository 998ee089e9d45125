import Foundation
import ModelLibrary
import NeuralCore

/// Settings of the default codec.
public struct SpectralCodecConfiguration: Codable, Sendable, Equatable {
    /// In Hz.
    public var sampleRate = 24_000
    /// Samples under the window of one spectrum.
    public var windowLength = 960
    /// Samples from one spectrum to the next.
    public var spectrumHop = 240
    /// Spectra that share one frame of codes.
    public var reduction = 2
    /// Channels of the network, and inside its blocks.
    public var width = 192
    public var hiddenWidth = 512
    /// Columns that a block's convolution sees; odd.
    public var kernel = 7
    /// Blocks at the rate of spectra and at the rate of codes.
    public var encoderBlocks = Blocks(spectra: 2, codes: 1)
    public var decoderBlocks = Blocks(spectra: 3, codes: 2)
    public var codebooks = 4
    public var bins = 1024
    /// Size of the vectors that are quantised.
    public var dimension = 64

    public struct Blocks: Codable, Sendable, Equatable {
        public var spectra: Int, codes: Int

        public init(spectra: Int, codes: Int) { (self.spectra, self.codes) = (spectra, codes) }
    }

    public init() {}

    public static let modelType = "spectral-codec"
    static let purpose = "Turns music into codes and back, much faster than it sounds."

    /// Samples of a frame of codes.
    public var hopLength: Int { spectrumHop * reduction }
    var binCount: Int { windowLength / 2 + 1 }
    /// Zeros before the first sample, so that the middle of spectrum `t` is at `(t + ½) · spectrumHop`; as many at the end.
    var edge: Int { (windowLength - spectrumHop) / 2 }

    /// The settings in a model file; `path` is what errors call it.
    ///
    /// - Throws: `ModelError.invalidSettings`.
    init(_ settings: JSONValue, path: String) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(settings.text.utf8))
            try validate()
        } catch let error as DecodingError {
            throw ModelError.invalidSettings(path: path, error)
        } catch let error as CodecError {
            throw ModelError.invalidSettings(path: path, reason: error.localizedDescription)
        }
    }

    /// What a model file of these settings says about itself.
    func modelMetadata(name: String) throws -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let network = try JSONValue(parsing: String(decoding: encoder.encode(self), as: UTF8.self)).object ?? JSONObject()
        let config: JSONObject = [
            "name": .string(name), "purpose": .string(Self.purpose), "licence": "Apache-2.0", "sampleRate": .integer(sampleRate),
            "network": .object(network.setting("model_type", to: .string(Self.modelType))),
        ]
        return ["kind": ModelFile.Kind.codec.rawValue, "config": JSONValue.object(config).text]
    }

    /// - Throws: ``CodecError/invalidSetting(name:value:fix:)``.
    public func validate() throws {
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
            guard range.contains(value) else {
                throw CodecError.invalidSetting(
                    name: name, value: "\(value)", fix: "it must be from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        try check("sampleRate", sampleRate, 1000...768_000)
        try check("windowLength", windowLength, 4...1 << 16)
        try check("spectrumHop", spectrumHop, 1...1 << 15)
        try check("reduction", reduction, 1...64)
        try check("width", width, 1...1 << 14)
        try check("hiddenWidth", hiddenWidth, 1...1 << 16)
        try check("kernel", kernel, 1...255)
        for (name, blocks) in [("encoderBlocks", encoderBlocks), ("decoderBlocks", decoderBlocks)] {
            try check(name + ".spectra", blocks.spectra, 0...100)
            try check(name + ".codes", blocks.codes, 0...100)
        }
        try check("codebooks", codebooks, 1...256)
        try check("bins", bins, 2...1 << 20)
        try check("dimension", dimension, 1...1 << 14)
        func refuse(_ name: String, _ value: Int, _ fix: String) -> CodecError {
            .invalidSetting(name: name, value: "\(value)", fix: fix)
        }
        guard windowLength.isMultiple(of: 2), spectrumHop.isMultiple(of: 2), 2 * spectrumHop <= windowLength else {
            throw refuse("windowLength", windowLength, "window and hop must be even, and the window at least twice the hop (\(spectrumHop))")
        }
        guard !kernel.isMultiple(of: 2) else { throw refuse("kernel", kernel, "it must be odd") }
    }
}
