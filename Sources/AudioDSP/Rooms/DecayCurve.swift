import Foundation

/// How the sound of an impulse response dies away: backward-integrated energy (Schroeder, 1965).
public struct DecayCurve: Sendable {
    /// In dB relative to the whole energy, one value per sample; minus infinity where nothing is left.
    public let levels: [Double]
    /// In Hz.
    public let sampleRate: Int

    public init(_ response: [Float], sampleRate: Int) {
        var sum = 0.0
        var energies = [Double](repeating: 0, count: response.count)
        for index in response.indices.reversed() {
            sum += Double(response[index]) * Double(response[index])
            energies[index] = sum
        }
        levels = energies.map { Level.decibels(power: sum > 0 ? $0 / sum : 0) }
        self.sampleRate = sampleRate
    }

    /// Seconds for a decay by 60 dB, from a straight line through the curve between two levels in dB.
    ///
    /// -5 to -35 is T30, -5 to -25 is T20. Nil where the curve has fewer than two samples in between.
    public func reverberationTime(from start: Double = -5, to end: Double = -35) -> Double? {
        let points = levels.enumerated().filter { $0.element <= start && $0.element >= end }
        guard points.count > 1 else { return nil }
        let count = Double(points.count)
        let meanTime = points.reduce(0) { $0 + Double($1.offset) } / count
        let meanLevel = points.reduce(0) { $0 + $1.element } / count
        var (product, square) = (0.0, 0.0)
        for point in points {
            let time = Double(point.offset) - meanTime
            product += time * (point.element - meanLevel)
            square += time * time
        }
        guard product < 0 else { return nil }
        return -60 * square / product / Double(sampleRate)
    }
}
