import Foundation

/// What the light extractor is told of each bin: the compressed spectra of both ears, their amplitudes, and how the ears
/// differ in phase and level.
enum BinauralFeatures {
    static let perBin = 9

    /// The features of one frame.
    ///
    /// - Parameters:
    ///   - left, right: `[bins, 2]`
    ///   - features: `[bins, perBin]`: both parts of the left and of the right spectrum, |L|, |R|, cosine and sine of the
    ///     phase between them, and (|L| − |R|) / (|L| + |R|).
    @inline(__always)
    static func write(
        _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, bins: Range<Int>, into features: UnsafeMutablePointer<Float>
    ) {
        var output = features
        for bin in bins {
            let (a, b, c, d) = (left[2 * bin], left[2 * bin + 1], right[2 * bin], right[2 * bin + 1])
            let l = (a * a + b * b + tiny).squareRoot(), r = (c * c + d * d + tiny).squareRoot()
            let scale = 1 / (l * r)
            output[0] = a
            output[1] = b
            output[2] = c
            output[3] = d
            output[4] = l
            output[5] = r
            output[6] = (a * c + b * d) * scale
            output[7] = (b * c - a * d) * scale
            output[8] = (l - r) / (l + r)
            output += perBin
        }
    }

    /// Keeps the amplitude of silence from dividing by zero.
    private static let tiny: Float = 1e-8
}
