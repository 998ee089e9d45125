import Foundation

/// How loud one channel is over time, from a first pass over the recording.
///
/// Models work at one level. A recording is brought there by a gain that follows its power over several seconds, so
/// that neither the level of the whole nor a loud beginning decides what is taken for speech; the gain is undone
/// afterwards. The constant part of the signal is not counted.
struct LevelProfile: Sendable {
    /// Seconds of one block of the measurement.
    static let blockDuration = 0.1
    /// Seconds to either side that count for the level at one time.
    static let reach = 4.0
    /// Quiet passages are lifted by at most this much above the gain of the whole, in dB.
    static let range = 30.0
    /// A root mean square below this is silence: 200 dB under full scale.
    static let silence = 1e-10

    /// The mean of all samples.
    let mean: Double
    /// The root mean square of the whole, without the mean.
    let level: Double
    /// What samples are multiplied by at the middle of each block; empty for silence.
    private let gains: [Double]

    var isSilent: Bool { gains.isEmpty }

    /// The gain at each of `count` samples from sample `start` on, at `sampleRate` Hz.
    func gains(from start: Int, count: Int, sampleRate: Int) -> [Float] {
        guard let last = gains.last else { return [Float](repeating: 0, count: count) }
        let scale = 1 / (Double(sampleRate) * Self.blockDuration)
        return (start..<start + count).map { sample in
            let position = (Double(sample) + 0.5) * scale - 0.5
            guard position > 0 else { return Float(gains[0]) }
            let block = Int(position)
            guard block + 1 < gains.count else { return Float(last) }
            let part = position - Double(block)
            return Float(gains[block] + part * (gains[block + 1] - gains[block]))
        }
    }

    /// Collects the power of the blocks of one channel.
    struct Meter: Sendable {
        private let blockLength: Int
        private var sums: [Double] = []
        private var squares: [Double] = []
        private var peak: Float = 0
        private(set) var count = 0

        init(sampleRate: Int) {
            blockLength = max(1, Int((Double(sampleRate) * LevelProfile.blockDuration).rounded()))
        }

        mutating func add(_ samples: [Float]) {
            var index = 0
            while index < samples.count {
                let room = blockLength - count % blockLength
                if room == blockLength {
                    sums.append(0)
                    squares.append(0)
                }
                let end = min(index + room, samples.count)
                var (sum, square) = (0.0, 0.0)
                for position in index..<end {
                    let sample = Double(samples[position])
                    peak = max(peak, abs(samples[position]))
                    sum += sample
                    square += sample * sample
                }
                sums[sums.count - 1] += sum
                squares[squares.count - 1] += square
                count += end - index
                index = end
            }
        }

        func profile(_ preparation: SignalPreparation = .leveled) -> LevelProfile {
            switch preparation {
            case .leveled: leveledProfile()
            case .peak:
                LevelProfile(
                    mean: 0, level: (squares.reduce(0, +) / Double(max(count, 1))).squareRoot(),
                    gains: Double(peak) > LevelProfile.silence ? [1 / Double(peak)] : [])
            }
        }

        private var mean: Double { sums.reduce(0, +) / Double(max(count, 1)) }

        private var lengths: [Double] {
            var lengths = [Double](repeating: Double(blockLength), count: sums.count)
            if let last = lengths.indices.last { lengths[last] = Double(count - last * blockLength) }
            return lengths
        }

        /// The energy of each block around the mean of the whole.
        private var energies: [Double] {
            let mean = mean, lengths = lengths
            return sums.indices.map { max(0, squares[$0] - 2 * mean * sums[$0] + lengths[$0] * mean * mean) }
        }

        /// A channel with the largest of several channels' peaks and the mean of their energies.
        fileprivate init(joining meters: [Meter]) {
            self = meters[0]
            sums = sums.map { _ in 0 }
            squares = sums
            for meter in meters {
                for (block, energy) in meter.energies.enumerated() { squares[block] += energy / Double(meters.count) }
            }
            peak = meters.reduce(0) { max($0, $1.peak) }
        }

        private func leveledProfile() -> LevelProfile {
            guard count > 0 else { return LevelProfile(mean: 0, level: 0, gains: []) }
            let mean = mean, lengths = lengths, energies = energies
            let power = energies.reduce(0, +) / Double(count)
            // What rounding leaves of a constant is not sound.
            guard power.squareRoot() > max(LevelProfile.silence, 1e-7 * abs(mean)) else {
                return LevelProfile(mean: mean, level: 0, gains: [])
            }
            let floor = power * pow(10, -LevelProfile.range / 10)
            let reach = Int(LevelProfile.reach / LevelProfile.blockDuration)
            let smooth = Self.average(zip(energies, lengths).map { $0 / $1 }, weights: lengths, reach: reach)
            let smoother = Self.average(smooth, weights: lengths, reach: reach)
            return LevelProfile(
                mean: mean, level: power.squareRoot(), gains: smoother.map { 1 / max($0, floor).squareRoot() })
        }

        /// Weighted means over `reach` blocks to either side, fewer at the ends.
        private static func average(_ values: [Double], weights: [Double], reach: Int) -> [Double] {
            var (sums, totals) = ([0.0], [0.0])
            for (value, weight) in zip(values, weights) {
                sums.append(sums[sums.count - 1] + value * weight)
                totals.append(totals[totals.count - 1] + weight)
            }
            return values.indices.map { block in
                let (low, high) = (max(0, block - reach), min(values.count, block + reach + 1))
                return max(0, sums[high] - sums[low]) / (totals[high] - totals[low])
            }
        }
    }
}

extension LevelProfile {
    /// The profiles of channels that share one gain; those that are silent stay so and do not count.
    static func linked(_ meters: [Meter], _ preparation: SignalPreparation) -> [LevelProfile] {
        let own = meters.map { $0.profile(preparation) }
        let sounding = zip(meters, own).filter { !$1.isSilent }.map { $0.0 }
        guard sounding.count > 1 else { return own }
        let joint = Meter(joining: sounding).profile(preparation)
        return own.map { $0.isSilent ? $0 : LevelProfile(mean: $0.mean, level: $0.level, gains: joint.gains) }
    }
}
