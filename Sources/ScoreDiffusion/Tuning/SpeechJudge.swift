import AudioMetrics
import NeuralCore

/// Says how good enhanced speech is, with no gradient: what enhancers are tuned for.
public protocol SpeechJudge: Sendable {
    /// Changes where it judges otherwise.
    var fingerprint: String { get }

    /// The best and the worst of each mixture's versions; nil where none is better than another.
    ///
    /// - Parameters:
    ///   - versions: `[mixtures][versions][samples]`, as many of each mixture.
    ///   - clean: the speech in each mixture.
    func choices(among versions: [[[Float]]], clean: [[Float]], sampleRate: Int) throws -> [VersionChoice?]

    /// What it says of one result for each mixture, all together: higher is better, nil where nothing can be said.
    func reward(of results: [[Float]], clean: [[Float]], sampleRate: Int) throws -> Double?
}

/// Numbers of the versions of a mixture that are wanted and unwanted.
public struct VersionChoice: Sendable, Equatable {
    public var best: Int
    public var worst: Int

    public init(best: Int, worst: Int) { (self.best, self.worst) = (best, worst) }

    /// - Parameter scores: nil for versions without one.
    public init?(scores: [Double?]) {
        let known = scores.enumerated().compactMap { index, score in score.map { (index, $0) } }
        guard let best = known.max(by: { $0.1 < $1.1 }), let worst = known.min(by: { $0.1 < $1.1 }), best.1 > worst.1 else { return nil }
        self.init(best: best.0, worst: worst.0)
    }
}

/// A measure against the clean speech.
struct MeasureJudge: SpeechJudge {
    let measure: RewardObjective.Measure

    var fingerprint: String { measure.rawValue }

    func choices(among versions: [[[Float]]], clean: [[Float]], sampleRate: Int) -> [VersionChoice?] {
        parallelMap(versions.count) { item in
            VersionChoice(scores: versions[item].map { score(clean[item], $0, sampleRate) })
        }
    }

    func reward(of results: [[Float]], clean: [[Float]], sampleRate: Int) -> Double? {
        let known = parallelMap(results.count) { score(clean[$0], results[$0], sampleRate) }.compactMap { $0 }
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }

    /// nil where the measure is not defined.
    func score(_ clean: [Float], _ estimate: [Float], _ sampleRate: Int) -> Double? {
        let value: Double? = switch measure {
        case .pesq: try? PESQ.measure(reference: clean, estimate: estimate, sampleRate: sampleRate, band: .wide).value
        case .estoi: try? Intelligibility.estoi(reference: clean, estimate: estimate, sampleRate: sampleRate).value
        case .siSDR: try? SignalRatio.siSDR(reference: clean, estimate: estimate).value
        case .reward: nil
        }
        guard let value, value.isFinite else { return nil }
        return value
    }
}
