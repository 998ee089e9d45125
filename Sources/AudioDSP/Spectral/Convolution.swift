/// Linear convolution by Fourier transforms and overlap-add.
public enum Convolution {
    /// `signal` filtered by `response`, all of it: `signal.count + response.count - 1` samples, or none when either
    /// is empty. Single precision, good to about 3e-7 of the largest sample.
    public static func convolve(_ signal: [Float], with response: [Float]) throws -> [Float] {
        guard !signal.isEmpty, !response.isEmpty else { return [] }
        let (long, short) = signal.count >= response.count ? (signal, response) : (response, signal)
        guard short.count > directLimit else { return direct(long, short) }
        let filter = try OverlapAdd(response: short, signalLength: long.count)
        return filter.convolve(long)
    }

    /// Up to this many taps the sum itself is faster.
    private static let directLimit = 16

    private static func direct(_ signal: [Float], _ response: [Float]) -> [Float] {
        var sums = [Double](repeating: 0, count: signal.count + response.count - 1)
        for (delay, tap) in response.enumerated() where tap != 0 {
            for index in signal.indices { sums[index + delay] += Double(tap) * Double(signal[index]) }
        }
        return sums.map { Float($0) }
    }
}

/// One response, transformed once, for signals of any length.
struct OverlapAdd {
    private let transform: RealTransform
    private let response: AlignedFloats
    private let responseLength: Int
    private let blockLength: Int

    /// - Parameter signalLength: What the size of the blocks is chosen for.
    init(response taps: [Float], signalLength: Int) throws {
        let whole = Self.powerOfTwo(atLeast: signalLength + taps.count - 1)
        let length = min(whole, Self.powerOfTwo(atLeast: max(4 * taps.count, 1 << 13)))
        transform = try .ofLength(length)
        responseLength = taps.count
        blockLength = length - taps.count + 1
        let time = AlignedFloats(count: length)
        for (index, tap) in taps.enumerated() { time.base[index] = tap / Float(length) }
        response = AlignedFloats(count: 2 * transform.binCount)
        transform.forward(time, into: response)
    }

    func convolve(_ signal: [Float]) -> [Float] {
        let time = AlignedFloats(count: transform.length), bins = AlignedFloats(count: response.count)
        var output = [Float](repeating: 0, count: signal.count + responseLength - 1)
        output.withUnsafeMutableBufferPointer { output in
            signal.withUnsafeBufferPointer { signal in
                for start in stride(from: 0, to: signal.count, by: blockLength) {
                    let count = min(blockLength, signal.count - start)
                    time.base.update(from: signal.baseAddress! + start, count: count)
                    (time.base + count).update(repeating: 0, count: time.count - count)
                    transform.forward(time, into: bins)
                    multiply(bins)
                    transform.inverse(bins, into: time)
                    let target = output.baseAddress! + start
                    for index in 0..<count + responseLength - 1 { target[index] += time.base[index] }
                }
            }
        }
        return output
    }

    private func multiply(_ bins: AlignedFloats) {
        for index in stride(from: 0, to: bins.count, by: 2) {
            let (a, b) = (bins.base[index], bins.base[index + 1])
            let (c, d) = (response.base[index], response.base[index + 1])
            bins.base[index] = a * c - b * d
            bins.base[index + 1] = a * d + b * c
        }
    }

    private static func powerOfTwo(atLeast count: Int) -> Int {
        count <= 1 ? 1 : 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
    }
}
