import Foundation

/// Squared maximum mean discrepancies between two sets of embeddings, and the kernel audio distance built on them.
///
/// Unlike the Fréchet distance they assume no Gaussians, and the unbiased estimate does not depend on the sizes of the
/// sets.
///
/// A. Gretton et al., "A kernel two-sample test", 2012.
public enum KernelDistance {
    public enum Estimator: Sendable, Hashable {
        /// Without the pairs of an embedding with itself; may be negative.
        case unbiased
        /// With them; never negative.
        case biased
    }

    /// The squared maximum mean discrepancy.
    ///
    /// - Throws: ``EmbeddingError/tooFew(count:needed:purpose:)`` where the unbiased estimate has no pair.
    public static func squaredMMD(
        _ first: EmbeddingSet, _ second: EmbeddingSet, kernel: EmbeddingKernel, estimator: Estimator = .unbiased
    ) throws -> SetDistance {
        try KernelSums([first], reference: KernelReference(second, kernel: kernel)).squaredMMD(of: [0], estimator: estimator)
    }

    /// The kernel audio distance: 100 times the unbiased squared discrepancy with a Gaussian kernel whose bandwidth is
    /// the median distance within the reference.
    ///
    /// Y. Chung et al., "KAD: No more FAD! An effective and efficient evaluation metric for audio generation", 2025. The
    /// published program takes the median of the evaluated set although the paper says reference; this follows the
    /// paper.
    public static func kernelAudioDistance(of set: EmbeddingSet, reference: EmbeddingSet) throws -> SetDistance {
        let bandwidth = try medianDistance(within: reference)
        let distance = try squaredMMD(set, reference, kernel: .gaussian(bandwidth: bandwidth))
        return SetDistance(value: 100 * distance.value, warnings: distance.warnings)
    }

    /// The median Euclidean distance of the pairs of a set, the lower of the two where their number is even.
    public static func medianDistance(within set: EmbeddingSet) throws -> Double {
        guard set.count > 1 else {
            throw EmbeddingError.tooFew(count: set.count, needed: 2, purpose: "a median distance")
        }
        let columns = set.count
        var distances = try EmbeddingPairs(set, set).mapSquaredDistances { rows, block in
            rows.enumerated().flatMap { line, row in block[(line * columns + row + 1)..<((line + 1) * columns)] }
        }.flatMap { $0 }
        return selectSmallest((distances.count - 1) / 2, of: &distances).squareRoot()
    }
}

/// The value that would be at `index` if `values` were sorted; reorders them.
func selectSmallest(_ index: Int, of values: inout [Double]) -> Double {
    var low = 0, high = values.count - 1
    while low < high {
        let pivot = values[low + (high - low) / 2]
        var left = low, right = high
        while left <= right {
            while values[left] < pivot { left += 1 }
            while values[right] > pivot { right -= 1 }
            if left <= right {
                values.swapAt(left, right)
                left += 1
                right -= 1
            }
        }
        if index <= right { high = right } else if index >= left { low = left } else { return values[index] }
    }
    return values[low]
}
