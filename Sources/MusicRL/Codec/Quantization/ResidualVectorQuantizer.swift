import NeuralCore

/// Describes a vector by the nearest entry of a codebook, what is left by the nearest of the next one, and so on.
///
/// N. Zeghidour et al., "SoundStream: an end-to-end neural audio codec", IEEE/ACM TASLP 30, 2022, algorithm 1.
public struct ResidualVectorQuantizer: Sendable {
    /// `[bins, dimension]` each.
    public let codebooks: [Tensor]
    /// ½‖e‖² of every entry.
    private let halfNorms: [[Float]]

    public init(codebooks: [Tensor]) {
        precondition(
            !codebooks.isEmpty && codebooks.allSatisfy { $0.rank == 2 && $0.shape == codebooks[0].shape },
            "codebooks of one shape are needed")
        self.codebooks = codebooks.map(\.detached)
        halfNorms = codebooks.map(Self.halfNorms)
    }

    public var bins: Int { codebooks[0].shape[0] }
    public var dimension: Int { codebooks[0].shape[1] }

    /// The codes of `[frames, dimension]` by the first `count` codebooks, `[count][frames]`; the first of equally near entries.
    public func encode(_ vectors: Tensor, codebooks count: Int) -> [[Int32]] {
        var residual = vectors.detached
        return (0..<count).map { index in
            let codes = Self.nearest(residual, codebooks[index], halfNorms: halfNorms[index])
            residual = residual - codebooks[index].gathered(axis: 0, indices: codes)
            return codes.map(Int32.init)
        }
    }

    /// The sum of the entries that `[count][frames]` codes name, `[frames, dimension]`. Codes must be below ``bins``.
    public func decode(_ codes: [[Int32]]) -> Tensor {
        let parts = zip(codebooks, codes).map { $0.gathered(axis: 0, indices: $1.map(Int.init)) }
        return parts.dropFirst().reduce(parts[0]) { $0 + $1 }
    }

    static func halfNorms(_ codebook: Tensor) -> [Float] { (square(codebook.detached).sum(axes: [1]) * 0.5).values }

    /// The entry of `codebook` nearest to each row of `vectors` in the Euclidean sense: x·e − ½‖e‖² is largest.
    static func nearest(_ vectors: Tensor, _ codebook: Tensor, halfNorms: [Float]) -> [Int] {
        let products = matmul(vectors, codebook, transposeB: true), bins = codebook.shape[0]
        return parallelMap(vectors.shape[0]) { row in
            products.withUnsafeBuffer { products in
                var best = 0, score = -Float.infinity
                for bin in 0..<bins where products[row * bins + bin] - halfNorms[bin] > score {
                    (best, score) = (bin, products[row * bins + bin] - halfNorms[bin])
                }
                return best
            }
        }
    }
}
