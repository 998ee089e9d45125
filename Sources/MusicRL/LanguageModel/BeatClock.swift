import Foundation
import NeuralCore

/// Where each frame lies in the beat of a tempo that a text names, as a decoder is told: cosines, then sines, of the beat's
/// harmonics.
///
/// A network that knows only the number of a step has to multiply it by a tempo that it read; this does it.
struct BeatClock: Sendable, Equatable {
    /// Bars of four, of three and of two beats, the beat, and what it divides into.
    static let harmonics = [1.0 / 4, 1.0 / 3, 1.0 / 2, 1, 2, 3, 4]
    static var width: Int { 2 * harmonics.count }

    /// In beats a minute.
    var tempo: Double
    /// The frame at which a sequence begins; a beat falls on frame 0.
    var start = 0

    /// `[width]`
    ///
    /// - Parameter frameRate: frames a second.
    func vector(at step: Int, frameRate: Double) -> [Float] {
        let beats = Double(start + step) * tempo / (60 * frameRate)
        let angles = Self.harmonics.map { 2 * Double.pi * beats * $0 }
        return angles.map { Float(cos($0)) } + angles.map { Float(sin($0)) }
    }

    /// `[clocks, steps, width]`, zero where there is no clock.
    static func vectors(_ clocks: [BeatClock?], steps: Int, frameRate: Double) -> Tensor {
        let silent = [Float](repeating: 0, count: width)
        return Tensor(
            clocks.flatMap { clock in (0..<steps).flatMap { clock?.vector(at: $0, frameRate: frameRate) ?? silent } },
            shape: [clocks.count, steps, width])
    }
}
