import AudioDSP

/// The impulse responses from one source to the ears, at 16 kHz.
public struct BinauralResponse: Sendable, Equatable {
    /// The sample at which the direct sound passes the middle of the head, 3 ms.
    public static let lead = 48

    /// `[ears][samples]`, the left ear first; of one length.
    public var ears: [[Float]]

    public init(ears: [[Float]]) {
        precondition(ears.allSatisfy { $0.count == ears[0].count }, "the ears' responses have one length")
        self.ears = ears
    }

    /// The mean over the ears of the sum of squares.
    public var energy: Double { ears.reduce(0) { $0 + Level.energy($1) } / Double(max(1, ears.count)) }

    /// The sound at the ears, `[ears][signal.count]`: the convolution, cut to the signal's length.
    public func render(_ signal: [Float]) throws -> [[Float]] {
        guard !signal.isEmpty else { return ears.map { _ in [] } }
        return try ears.map { ear in
            ear.isEmpty
                ? [Float](repeating: 0, count: signal.count)
                : Array(try Convolution.convolve(signal, with: ear).prefix(signal.count))
        }
    }

    /// Both responses together.
    public static func + (a: BinauralResponse, b: BinauralResponse) -> BinauralResponse {
        BinauralResponse(ears: zip(a.ears, b.ears).map { a, b in
            let (long, short) = a.count >= b.count ? (a, b) : (b, a)
            var sum = long
            for index in short.indices { sum[index] += short[index] }
            return sum
        })
    }
}
