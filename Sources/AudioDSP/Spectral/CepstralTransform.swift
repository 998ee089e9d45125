import Foundation

/// Cepstral coefficients of log spectra: the orthonormal cosine transform (DCT-II) over the bands, of which the
/// first are kept. Applied to mel spectra in dB it gives MFCC.
public struct CepstralTransform: Sendable {
    public let bandCount: Int
    public let coefficientCount: Int
    /// `[coefficients, bands]`.
    private let basis: [Double]

    public init(bandCount: Int, coefficientCount: Int) throws {
        guard bandCount > 0, (1...bandCount).contains(coefficientCount) else {
            throw SignalError.invalidSetting(
                operation: "Cepstrum", reason: "\(coefficientCount) coefficients cannot be had of \(bandCount) bands")
        }
        self.bandCount = bandCount
        self.coefficientCount = coefficientCount
        let count = Double(bandCount)
        basis = (0..<coefficientCount).flatMap { coefficient in
            (0..<bandCount).map { band in
                let scale = ((coefficient == 0 ? 1 : 2) / count).squareRoot()
                return scale * cos(.pi * Double(coefficient) * (Double(band) + 0.5) / count)
            }
        }
    }

    /// - Parameter spectra: `[frames, bands]`.
    /// - Returns: `[frames, coefficients]`.
    public func callAsFunction(_ spectra: [Float]) throws -> [Float] {
        guard spectra.count.isMultiple(of: bandCount) else {
            throw SignalError.mismatch(
                operation: "Cepstrum", reason: "\(spectra.count) values are not whole frames of \(bandCount) bands")
        }
        return stride(from: 0, to: spectra.count, by: bandCount).flatMap { start in
            (0..<coefficientCount).map { coefficient in
                var sum = 0.0
                for band in 0..<bandCount { sum += basis[coefficient * bandCount + band] * Double(spectra[start + band]) }
                return Float(sum)
            }
        }
    }
}
