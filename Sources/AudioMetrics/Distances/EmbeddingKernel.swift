import Foundation

/// A measure of likeness of two embeddings, for kernel distances and the Vendi score.
public enum EmbeddingKernel: Sendable, Hashable {
    /// `exp(−|x − y|² / (2 σ²))`.
    case gaussian(bandwidth: Double)
    /// `1 / (1 + |x − y|² / (2 σ²))`.
    case inverseQuadratic(bandwidth: Double)
    /// `1 / √(1 + |x − y|² / (2 σ²))`.
    case inverseMultiquadric(bandwidth: Double)
    /// `(x·y / dimension + 1)^degree`.
    case polynomial(degree: Int)
    /// `x·y / (|x| |y|)`.
    case cosine

    /// Whether it is a function of the distance alone.
    var isRadial: Bool {
        switch self {
        case .gaussian, .inverseQuadratic, .inverseMultiquadric: true
        case .polynomial, .cosine: false
        }
    }

    func validate() throws {
        switch self {
        case .gaussian(let bandwidth), .inverseQuadratic(let bandwidth), .inverseMultiquadric(let bandwidth):
            guard bandwidth > 0, bandwidth.isFinite else {
                throw EmbeddingError.invalidSetting(
                    "A kernel's bandwidth must be positive, not \(bandwidth)"
                        + (bandwidth == 0 ? ": more than half of the reference embeddings are equal." : "."))
            }
        case .polynomial(let degree):
            guard degree > 0 else {
                throw EmbeddingError.invalidSetting("A polynomial kernel's degree must be positive, not \(degree).")
            }
        case .cosine: break
        }
    }

    /// The value for a squared distance (radial kernels) or for an inner product (the others).
    func callAsFunction(_ argument: Double, dimension: Int) -> Double {
        switch self {
        case .gaussian(let bandwidth): exp(-argument / (2 * bandwidth * bandwidth))
        case .inverseQuadratic(let bandwidth): 1 / (1 + argument / (2 * bandwidth * bandwidth))
        case .inverseMultiquadric(let bandwidth): 1 / (1 + argument / (2 * bandwidth * bandwidth)).squareRoot()
        case .polynomial(let degree): pow(argument / Double(dimension) + 1, Double(degree))
        case .cosine: argument
        }
    }
}
