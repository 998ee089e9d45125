import AudioDSP
import Foundation
import NeuralCore

/// Versions of a spectrum that differ by gains which change slowly over time and frequency: so few numbers decide what is
/// different that a judge's choices say which of them to change.
struct GainVariation: Sendable {
    /// The deviation of the gains, in dB of the spectrum as the network has it.
    let decibels: Float
    /// Hz of half the sample rate.
    let nyquist: Double

    /// Gains are drawn at knots and linear in between.
    private static let framesPerKnot = 25, bands = 12

    /// - Parameter noise: gains of an item come from the real parts of a draw.
    /// - Returns: `[batch, frames, bins, 1]`, factors.
    func gains(batch: Int, frames: Int, bins: Int, using noise: inout some DiffusionNoise) throws -> Tensor {
        let moments = max(2, (frames - 1) / Self.framesPerKnot + 2)
        let draw = try noise.next(shape: [batch, moments, Self.bands, 2]).sliced(axis: 3, 0..<1).squeezed(at: 3)
        let places = (0..<frames).map { Double($0) / Double(Self.framesPerKnot) }
        let mel = MelScale.slaney, top = mel.mel(hertz: nyquist)
        let pitches = (0..<bins).map { bin in
            mel.mel(hertz: nyquist * Double(bin) / Double(max(bins - 1, 1))) / top * Double(Self.bands - 1)
        }
        let overTime = matmul(Self.interpolation(places, knots: moments), draw)
        let gains = matmul(overTime, Self.interpolation(pitches, knots: Self.bands), transposeB: true)
        // A draw's parts have deviation 1/√2.
        return exp(gains * (decibels * Float(2.0.squareRoot() * M_LN10 / 20))).reshaped([batch, frames, bins, 1])
    }

    /// The weights of knots at places, `[places, knots]`.
    private static func interpolation(_ places: [Double], knots: Int) -> Tensor {
        var weights = [Float](repeating: 0, count: places.count * knots)
        for (row, place) in places.enumerated() {
            let knot = min(Int(place), knots - 2), share = Float(place - Double(knot))
            weights[row * knots + knot] = 1 - share
            weights[row * knots + knot + 1] = share
        }
        return Tensor(weights, shape: [places.count, knots])
    }
}
