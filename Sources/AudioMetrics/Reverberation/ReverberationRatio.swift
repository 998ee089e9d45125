import AudioDSP
import Foundation

/// Speech-to-reverberation modulation energy ratio (Falk, Zheng and Chan, "A non-intrusive quality and intelligibility
/// measure of reverberant and dereverberated speech", 2010): the less reverberation, the higher.
///
/// It needs no reference, and for that depends on the speaker far more than on the room: compare values of the same
/// sentence only.
public enum ReverberationRatio {
    /// The modulation energy under 20 Hz over that above, of 23 gammatone channels from 125 Hz up.
    ///
    /// - Parameters:
    ///   - sampleRate: In Hz; channels go up to half of it.
    ///   - normalized: The variant with less dependence on the speaker (Santos, Senoussaoui and Falk, 2014):
    ///     modulations up to 30 Hz, energies held to the 30 dB under their peak.
    public static func srmr(_ signal: [Float], sampleRate: Int, normalized: Bool = false) throws -> MetricValue {
        guard sampleRate > 0 else { throw MetricError.invalidSampleRate(sampleRate) }
        try checkFinite(signal, "estimate")
        guard sampleRate >= lowestRate else { return .undefined(.rateTooLow(sampleRate, needed: lowestRate)) }
        let length = frameLength(sampleRate)
        guard signal.count >= length else { return .undefined(.tooShort(samples: signal.count, needed: length)) }
        guard signal.contains(where: { $0 != 0 }) else { return .undefined(.silentEstimate) }

        let gammatone = GammatoneBank(count: 23, lowest: 125, sampleRate: sampleRate)
        let modulation = ModulationBank(from: 4, to: normalized ? 30 : 128, sampleRate: sampleRate)
        var energies = try energies(signal, gammatone, modulation, sampleRate: sampleRate)
        if normalized { limit(&energies) }
        let means = energies.map { $0.reduce(.zero, +) / Double($0.count) }
        return .defined(ratio(means, centers: gammatone.centers, edges: modulation.edges))
    }

    private static func frameLength(_ sampleRate: Int) -> Int { Int((0.256 * Double(sampleRate)).rounded(.up)) }

    /// The energy of each channel in each frame of 256 ms every 64 ms, periodic Hamming windows.
    static func energies(
        _ signal: [Float], _ gammatone: GammatoneBank, _ modulation: ModulationBank, sampleRate: Int
    ) throws -> [[ModulationBank.Lanes]] {
        let length = frameLength(sampleRate), hop = Int((0.064 * Double(sampleRate)).rounded(.up))
        let weights = (0..<length).map { index in
            let value = 0.54 - 0.46 * cos(2 * .pi * Double(index) / Double(length))
            return value * value
        }
        let envelope = try HilbertEnvelope(length: signal.count)
        return gammatone.centers.map { center in
            modulation.energies(envelope(gammatone.filtered(signal, center: center)), weights: weights, hop: hop)
        }
    }

    /// The lowest sample rate at which the channels make sense.
    static let lowestRate = 8000

    /// - Parameter means: One for each channel, from high to low.
    private static func ratio(_ means: [ModulationBank.Lanes], centers: [Double], edges: [Double]) -> Double {
        let total = means.reduce(0) { $0 + $1.sum() }
        var sum = 0.0, channel = means.count
        while channel > 0, sum <= 0.9 * total {
            channel -= 1
            sum += means[channel].sum()
        }
        // Modulations faster than the widest channel that matters are left out.
        let bandwidth = GammatoneBank.bandwidth(at: centers[channel])
        let bands = 5 + edges[5...].filter { bandwidth > $0 }.count
        let bandSums = means.reduce(.zero, +)
        return (0..<4).reduce(0) { $0 + bandSums[$1] } / (4..<bands).reduce(0) { $0 + bandSums[$1] }
    }

    /// Holds energies to the 30 dB under the largest mean over the channels of any band and frame.
    private static func limit(_ energies: inout [[ModulationBank.Lanes]]) {
        var peak = 0.0
        for frame in energies[0].indices {
            let mean = energies.reduce(.zero) { $0 + $1[frame] } / Double(energies.count)
            peak = max(peak, mean.max())
        }
        for channel in energies.indices {
            for frame in energies[channel].indices {
                energies[channel][frame].clamp(
                    lowerBound: .init(repeating: peak * 1e-3), upperBound: .init(repeating: peak))
            }
        }
    }
}

/// Magnitudes of analytic signals of one length.
struct HilbertEnvelope {
    private let transform: PreciseTransform
    private let time: AlignedDoubles
    private let bins: AlignedDoubles

    /// - Parameter length: In samples; the transform's length is the next multiple of 16.
    init(length: Int) throws {
        transform = try .ofLength((length + 15) / 16 * 16)
        time = AlignedDoubles(count: transform.length)
        bins = AlignedDoubles(count: 2 * transform.binCount)
    }

    func callAsFunction(_ signal: [Double]) -> [Double] {
        let length = transform.length
        for (index, value) in signal.enumerated() { time.base[index] = value }
        for index in signal.count..<length { time.base[index] = 0 }
        transform.forward(time, into: bins)
        for index in stride(from: 0, to: bins.count, by: 2) {
            let (real, imaginary) = (bins.base[index], bins.base[index + 1])
            (bins.base[index], bins.base[index + 1]) = (imaginary, -real)
        }
        (bins.base[0], bins.base[1], bins.base[bins.count - 2], bins.base[bins.count - 1]) = (0, 0, 0, 0)
        transform.inverse(bins, into: time)
        return signal.indices.map { index in
            let quadrature = time.base[index] / Double(length)
            return (signal[index] * signal[index] + quadrature * quadrature).squareRoot()
        }
    }
}
