import AudioDSP

/// Averages spectra of unknown number into a fixed number of columns.
struct SpectrumColumns {
    private let columns: Int
    private let bins: Int
    /// Each the sum of `merged` frames; at most twice as many as there are columns.
    private var sums: [[Float]] = []
    private var merged = 1
    private var count = 0

    init(columns: Int, bins: Int) { (self.columns, self.bins) = (columns, bins) }

    /// Adds the power of the frames of all channels.
    mutating func add(_ spectra: [ComplexSpectrogram]) {
        let frames = spectra.map { $0.power() }
        for frame in 0..<(spectra.first?.frameCount ?? 0) {
            if count == sums.count * merged {
                if sums.count == 2 * columns {
                    sums = (0..<columns).map { zip(sums[2 * $0], sums[2 * $0 + 1]).map { $0 + $1 } }
                    merged *= 2
                }
                sums.append([Float](repeating: 0, count: bins))
            }
            count += 1
            let last = sums.count - 1
            for power in frames {
                for bin in 0..<bins { sums[last][bin] += power[frame * bins + bin] }
            }
        }
    }

    /// `[columns][bins]`; few frames are shown wider.
    func result() -> [[Float]] {
        let width = Double(count) / Double(merged) / Double(columns)
        return (0..<columns).map { column in
            let range = span(column, width: width, of: sums.count)
            let frames = min(count, range.upperBound * merged) - range.lowerBound * merged
            return (0..<bins).map { bin in sums[range].reduce(0) { $0 + $1[bin] } / Float(frames) }
        }
    }
}

/// Keeps the lowest and highest of samples of unknown number for a fixed number of columns.
struct EnvelopeColumns {
    private let columns: Int
    /// Each over `merged` frames; at most four times as many as there are columns.
    private var ranges: [ClosedRange<Float>] = []
    private var merged = 1
    private var count = 0

    init(columns: Int) { self.columns = columns }

    mutating func add(_ block: AudioBuffer) {
        for frame in 0..<block.frameCount {
            var (low, high) = (Float.infinity, -Float.infinity)
            for channel in block.channels where channel[frame].isFinite {
                (low, high) = (min(low, channel[frame]), max(high, channel[frame]))
            }
            if low > high { (low, high) = (0, 0) }
            if count == ranges.count * merged {
                if ranges.count == 4 * columns {
                    ranges = (0..<2 * columns).map { Self.union(ranges[2 * $0], ranges[2 * $0 + 1]) }
                    merged *= 2
                }
                ranges.append(low...high)
            } else {
                ranges[ranges.count - 1] = Self.union(ranges[ranges.count - 1], low...high)
            }
            count += 1
        }
    }

    /// One range for each column; a few samples are shown wider.
    func result() -> [ClosedRange<Float>] {
        let width = Double(count) / Double(merged) / Double(columns)
        return (0..<columns).map { column in
            let range = span(column, width: width, of: ranges.count)
            return ranges[range].dropFirst().reduce(ranges[range.lowerBound], Self.union)
        }
    }

    private static func union(_ a: ClosedRange<Float>, _ b: ClosedRange<Float>) -> ClosedRange<Float> {
        min(a.lowerBound, b.lowerBound)...max(a.upperBound, b.upperBound)
    }
}

/// The items that a column of `width` items shows, at least one.
private func span(_ column: Int, width: Double, of count: Int) -> Range<Int> {
    let first = min(count - 1, Int(Double(column) * width))
    return first..<min(count, max(first + 1, Int(Double(column + 1) * width)))
}
