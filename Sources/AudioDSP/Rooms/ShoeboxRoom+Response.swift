import CKernels
import Foundation

extension ShoeboxRoom {
    /// The impulse response from a point source to a point microphone, both in metres inside the room.
    ///
    /// Each image arrives after `distance / 343 m/s` plus 40 samples, as a band-limited impulse of 81 taps
    /// (Hann-windowed sinc, exact to fractions of a sample), with the amplitude `gain / distance`.
    ///
    /// - Parameters:
    ///   - sampleRate: In Hz.
    ///   - duration: Images that arrive later than this many seconds are left out. By default the last image sets
    ///     the length.
    ///   - air: What the air absorbs; nothing by default.
    ///   - highPass: Frequency in Hz of a zero-phase high pass, which takes away the offset that many impulses of
    ///     one sign add up to; 10 Hz is usual.
    public func response(
        from source: SIMD3<Double>, to microphone: SIMD3<Double>, sampleRate: Int, duration: Double? = nil,
        air: AirAbsorption? = nil, highPass: Double? = nil
    ) throws -> RoomResponse {
        try check(source: source, microphone: microphone)
        guard sampleRate > 0 else {
            throw SignalError.invalidSetting(
                operation: "Room", reason: "the sample rate must be positive, not \(sampleRate)")
        }
        let samplesPerMetre = Double(sampleRate) / Self.speedOfSound
        let direct = source - microphone
        let directDelay = (direct * direct).sum().squareRoot() * samplesPerMetre
        var limit = Double.infinity
        if let duration {
            guard duration >= 0 else {
                throw SignalError.invalidSetting(operation: "Room", reason: "the duration must not be negative")
            }
            limit = max(duration * Double(sampleRate), directDelay)
        }
        var response = RoomResponse(
            samples: try arrivals(
                mirrorAxes(source: source, microphone: microphone), samplesPerMetre: samplesPerMetre, limit: limit),
            sampleRate: sampleRate, directDelay: Double(AUDIOTOOL_ARRIVAL_CENTRE) + directDelay)
        if let air { response = try response.absorbed(by: air, start: Int(AUDIOTOOL_ARRIVAL_CENTRE)) }
        return try highPass.map { try response.highPassed(at: $0) } ?? response
    }

    /// In samples; there are twelve numbers for each while the response is made.
    private static let largestDelay = 3e7

    /// The sum of the impulses of all images that arrive within `limit` samples.
    private func arrivals(_ axes: [[Mirror]], samplesPerMetre: Double, limit: Double) throws -> [Float] {
        let squaredLimit = (limit / samplesPerMetre) * (limit / samplesPerMetre) * (1 + 1e-12)
        let squares = axes[2].map(\.squaredDistance), gains = axes[2].map(\.gain)
        let columns = axes[0].flatMap { x in
            axes[1].compactMap { y in
                let reach = maximumOrder - x.order - y.order
                return reach < 0
                    ? nil : Column(reach: reach, square: x.squaredDistance + y.squaredDistance, gain: x.gain * y.gain)
            }
        }
        let furthest = columns.reduce(0) { furthest, column in
            let ends = max(squares[maximumOrder - column.reach], squares[maximumOrder + column.reach])
            return max(furthest, column.square + ends)
        }
        let longest = min(furthest, squaredLimit).squareRoot() * samplesPerMetre
        guard longest < Self.largestDelay else {
            throw SignalError.invalidSetting(
                operation: "Room", reason: "the response would be \(Int(longest / 1e6)) million samples long; "
                    + "limit its duration")
        }
        let wholeDelays = Int(longest) + 2
        var moments = [Float](repeating: 0, count: wholeDelays * Int(AUDIOTOOL_ARRIVAL_MOMENTS))
        var last = 0.0
        for column in columns where column.square <= squaredLimit {
            let first = maximumOrder - column.reach
            squares.withUnsafeBufferPointer { squares in
                gains.withUnsafeBufferPointer { gains in
                    last = audiotool_gather_arrivals(
                        squares.baseAddress! + first, gains.baseAddress! + first, 2 * column.reach + 1, column.square,
                        column.gain, squaredLimit, samplesPerMetre, last, &moments)
                }
            }
        }
        let delay = last.squareRoot() * samplesPerMetre
        var samples = [Float](repeating: 0, count: Int(delay) + 1 + Int(AUDIOTOOL_ARRIVAL_ROOM))
        audiotool_render_arrivals(moments, Int(delay) + 1, &samples)
        samples.removeLast(samples.count - Int(delay.rounded(.up)) - Int(AUDIOTOOL_ARRIVAL_TAPS) - 1)
        return samples
    }

    /// The images that differ in their height only.
    private struct Column {
        /// Orders that are left for reflections at floor and ceiling.
        let reach: Int
        /// Squared horizontal distance in square metres.
        let square: Double
        let gain: Double
    }
}
