import AudioDSP
import Foundation

/// How well several sources were separated: BSS Eval, version 3 (Vincent, Gribonval and Févotte, "Performance
/// measurement in blind audio source separation", 2006).
///
/// What is left of an estimate after its own source through a filter of 512 taps is divided into what the other sources
/// through such filters explain, and artefacts.
public enum SourceSeparation {
    /// One number for each reference, in dB.
    public struct Scores: Sendable, Equatable {
        /// Over everything else; as `FilteredDistortion.sdr`.
        public var signalToDistortion: [Double]
        /// Over the other sources.
        public var signalToInterference: [Double]
        /// Sources over artefacts.
        public var signalToArtifacts: [Double]
        /// Which estimate belongs to each reference: the order with the highest mean ratio to interference.
        public var order: [Int]
    }

    /// More sources than this have too many orders.
    public static let mostSources = 6

    /// - Parameters:
    ///   - references: At most `mostSources`, of one length.
    ///   - estimates: As many, of the same length, in any order.
    public static func evaluate(
        references: [[Float]], estimates: [[Float]]
    ) throws -> Result<Scores, MetricValue.Reason> {
        guard references.count == estimates.count, (1...mostSources).contains(references.count) else {
            throw MetricError.sourceCount(references: references.count, estimates: estimates.count, most: mostSources)
        }
        for (reference, estimate) in zip(references, estimates) {
            try checkPair(reference: references[0], estimate: estimate)
            try checkPair(reference: reference, estimate: references[0])
        }
        guard !references[0].isEmpty else { return .failure(.tooShort(samples: 0, needed: 1)) }
        for reference in references where Level.energy(reference) == 0 { return .failure(.silentReference) }

        let sources = try FilteredSources(references)
        let projections = try estimates.map { try sources.project($0) }
        let count = references.count
        let order = permutations(count).max { a, b in
            func sum(_ order: [Int]) -> Double {
                order.indices.reduce(0) { $0 + projections[order[$1]].interferenceRatio(of: $1) }
            }
            return sum(a) < sum(b)
        }!
        return .success(
            Scores(
                signalToDistortion: order.indices.map { projections[order[$0]].distortionRatio(of: $0) },
                signalToInterference: order.indices.map { projections[order[$0]].interferenceRatio(of: $0) },
                signalToArtifacts: order.map { projections[$0].artifactRatio }, order: order))
    }

    private static func permutations(_ count: Int) -> [[Int]] {
        guard count > 0 else { return [[]] }
        return permutations(count - 1).flatMap { shorter in
            (0...shorter.count).map { position in
                var longer = shorter
                longer.insert(count - 1, at: position)
                return longer
            }
        }
    }
}

/// The energies of an estimate's parts.
struct Projection {
    let total: Double
    /// Of what each source alone explains.
    let own: [Double]
    /// Of what all sources together explain.
    let joint: Double

    func distortionRatio(of source: Int) -> Double { Self.ratio(own[source], total - own[source], total) }

    func interferenceRatio(of source: Int) -> Double { Self.ratio(own[source], joint - own[source], total) }

    var artifactRatio: Double { Self.ratio(joint, total - joint, total) }

    /// In dB; differences of the size of rounding are nothing.
    private static func ratio(_ signal: Double, _ noise: Double, _ total: Double) -> Double {
        guard signal > 0 else { return -.infinity }
        return noise > 1e-14 * total ? 10 * log10(signal / noise) : .infinity
    }
}

/// The space of all sources through filters of `FilteredDistortion.tapCount` taps.
struct FilteredSources {
    private let references: [[Float]]
    private let alone: [ToeplitzSystem]
    private let together: CholeskyFactor
    private static let reach = FilteredDistortion.tapCount - 1

    init(_ references: [[Float]]) throws {
        self.references = references
        let taps = FilteredDistortion.tapCount, size = references.count * taps
        var matrix = [Double](repeating: 0, count: size * size)
        var alone: [ToeplitzSystem] = []
        for (i, first) in references.enumerated() {
            for (j, second) in references.enumerated() where j <= i {
                let correlation = try PreciseTransform.crossCorrelation(first, second, longestLag: Self.reach)
                if i == j { alone.append(FilteredDistortion.system(Array(correlation[Self.reach...]))) }
                for a in 0..<taps {
                    for b in 0..<taps { matrix[(i * taps + a) * size + j * taps + b] = correlation[Self.reach + a - b] }
                }
            }
        }
        self.alone = alone
        together = CholeskyFactor(loading: matrix, size: size)
    }

    func project(_ estimate: [Float]) throws -> Projection {
        let cross = try references.map {
            Array(try PreciseTransform.crossCorrelation($0, estimate, longestLag: Self.reach)[Self.reach...])
        }
        func energy(_ right: [Double], _ solution: [Double]) -> Double {
            zip(right, solution).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let all = cross.flatMap { $0 }
        return Projection(
            total: Level.energy(estimate), own: zip(cross, alone).map { energy($0, $1.solve($0)) },
            joint: energy(all, together.solve(all)))
    }
}
