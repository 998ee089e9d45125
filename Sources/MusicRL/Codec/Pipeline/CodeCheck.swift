/// What every codec asks of its input.
enum CodeCheck {
    /// The samples of each of `channels` channels. Errors count from `firstSample`.
    static func length(of samples: [[Float]], channels: Int, firstSample: Int = 0) throws -> Int {
        guard samples.count == channels else { throw CodecError.channelCount(found: samples.count, expected: channels) }
        let count = samples[0].count
        guard samples.allSatisfy({ $0.count == count }) else { throw CodecError.unequalLengths(samples.map(\.count)) }
        for (channel, values) in samples.enumerated() {
            if let sample = values.firstIndex(where: { !$0.isFinite }) {
                throw CodecError.notFinite(channel: channel, sample: firstSample + sample)
            }
        }
        return count
    }

    /// The frames of codes that have to be below `bins`. Errors count from `firstFrame`.
    static func frames(of codes: [[Int32]], codebooks: ClosedRange<Int>, bins: Int, firstFrame: Int = 0) throws -> Int {
        guard codebooks.contains(codes.count) else {
            throw CodecError.codebookCount(found: codes.count, allowed: codebooks)
        }
        let count = codes[0].count
        guard codes.allSatisfy({ $0.count == count }) else { throw CodecError.unequalLengths(codes.map(\.count)) }
        for (codebook, row) in codes.enumerated() {
            if let frame = row.firstIndex(where: { $0 < 0 || $0 >= bins }) {
                throw CodecError.codeOutOfRange(
                    codebook: codebook, frame: firstFrame + frame, code: Int(row[frame]), bins: bins)
            }
        }
        return count
    }
}

extension [[Int32]] {
    /// Each row followed by the other's.
    func appending(_ other: [[Int32]]) -> [[Int32]] { zip(self, other).map { $0 + $1 } }
}
