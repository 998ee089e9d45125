import AudioMetrics
import NeuralCore
import TestSupport

/// Two sets of embeddings with the distances that published programs and their formulas give for them.
struct EmbeddingFixture: Sendable, CustomStringConvertible {
    let description: String
    let x: EmbeddingSet
    let y: EmbeddingSet
    let values: JSONValue

    static let sets = Fixture.all(in: "music/metrics")

    /// Every pair of every reference set.
    static let all: [EmbeddingFixture] = {
        do {
            return try sets.flatMap { fixture in
                try (fixture.values.object?.keys ?? []).filter { !fixture.values[$0]["fad"].isNull }.map { name in
                    EmbeddingFixture(
                        description: "\(name) of \(fixture)", x: try embeddings("\(name).x", of: fixture),
                        y: try embeddings("\(name).y", of: fixture), values: fixture.values[name])
                }
            }
        } catch {
            fatalError("The embeddings cannot be read: \(error)")
        }
    }()

    static func embeddings(_ name: String, of fixture: Fixture) throws -> EmbeddingSet {
        let shape = try fixture.shape(name)
        return try EmbeddingSet(fixture.doubles(name), count: shape[0], dimension: shape[1])
    }
}

/// Whether `value` is within `relative` of `expected`, or within `absolute`.
func isClose(_ value: Double, _ expected: Double, relative: Double = 1e-9, absolute: Double = 0) -> Bool {
    abs(value - expected) <= max(relative * abs(expected), absolute)
}

/// Deterministic embeddings of unit variance around `mean`.
func gaussianSet(_ count: Int, _ dimension: Int, mean: Double = 0, seed: UInt64) throws -> EmbeddingSet {
    var rng = Philox(seed: seed)
    let values = (0..<count * dimension).map { _ in mean + Double(rng.nextGaussian()) }
    return try EmbeddingSet(values, count: count, dimension: dimension)
}
