/// Factors around a network `F` that depend on the deviation `σ` of the state (Karras et al., "Elucidating the Design
/// Space of Diffusion-Based Generative Models", 2022, table 1): the result is
/// `skip(σ) · x_t + output(σ) · scaling · F(input(σ) · x_t, input(σ) · y, t)`.
public struct Preconditioning: Sendable, Codable, Equatable {
    public enum NetworkScaling: String, Sendable, Codable { case none, inverseDeviation, inverseTime }
    public enum Input: String, Sendable, Codable { case one, edm }
    public enum Output: String, Sendable, Codable { case one, deviation, inverseDeviation, edm }
    public enum Skip: String, Sendable, Codable { case zero, edm }

    public var networkScaling = NetworkScaling.none
    public var input = Input.one
    public var output = Output.one
    public var skip = Skip.zero
    /// Deviation of the data, `σ_d`.
    public var sigmaData = 0.1

    public init() {}

    /// - Throws: `ScoreDiffusionError.invalidNetwork` for a deviation that is no deviation.
    public func validate() throws {
        guard sigmaData.isFinite, sigmaData > 0 else {
            throw ScoreDiffusionError.invalidNetwork("the deviation of the data must be above 0, not \(sigmaData)")
        }
    }

    func inputFactor(_ sigma: Double) -> Double {
        switch input {
        case .one: 1
        case .edm: 1 / (sigma * sigma + sigmaData * sigmaData).squareRoot()
        }
    }

    func scalingFactor(_ sigma: Double, time: Double) -> Double {
        switch networkScaling {
        case .none: 1
        case .inverseDeviation: 1 / sigma
        case .inverseTime: 1 / time
        }
    }

    func outputFactor(_ sigma: Double) -> Double {
        switch output {
        case .one: 1
        case .deviation: sigma
        case .inverseDeviation: 1 / sigma
        case .edm: sigma * sigmaData / (sigma * sigma + sigmaData * sigmaData).squareRoot()
        }
    }

    func skipFactor(_ sigma: Double) -> Double {
        switch skip {
        case .zero: 0
        case .edm: sigmaData * sigmaData / (sigma * sigma + sigmaData * sigmaData)
        }
    }
}
