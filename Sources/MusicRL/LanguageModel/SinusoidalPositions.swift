import Foundation

/// Vectors of positions: cosines, then sines, of the position times 10000^(-i / (width/2 - 1)).
///
/// A. Vaswani et al., "Attention is all you need", NeurIPS 2017, in the order of MusicGen.
struct SinusoidalPositions: Sendable {
    private let frequencies: [Double]

    init(width: Int) {
        let half = width / 2
        frequencies = (0..<half).map { exp(-log(10_000) * Double($0) / Double(max(1, half - 1))) }
    }

    /// `[width]`
    func vector(at position: Int) -> [Float] {
        let angles = frequencies.map { $0 * Double(position) }
        return angles.map { Float(cos($0)) } + angles.map { Float(sin($0)) }
    }
}
