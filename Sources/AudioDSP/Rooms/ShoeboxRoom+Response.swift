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
    ///   - highPass: Frequency in Hz of a zero-phase high pass, which takes away the offset that many impulses of
    ///     one sign add up to; 10 Hz is usual.
    public func response(
        from source: SIMD3<Double>, to microphone: SIMD3<Double>, sampleRate: Int, duration: Double? = nil,
        highPass: Double? = nil
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
        let (delays, gains) = arrivals(
            mirrorAxes(source: source, microphone: microphone), samplesPerMetre: samplesPerMetre, limit: limit)
        let last = delays.max() ?? 0
        let length = Int(last.rounded(.up)) + Int(AUDIOTOOL_DELAY_TAPS) + 1
        var samples = [Float](repeating: 0, count: length + Int(AUDIOTOOL_DELAY_ROOM))
        samples.withUnsafeMutableBufferPointer {
            audiotool_add_delayed_impulses(delays, gains, delays.count, $0.baseAddress!)
        }
        samples.removeLast(Int(AUDIOTOOL_DELAY_ROOM))
        if let highPass {
            guard highPass > 0, highPass < Double(sampleRate) / 2 else {
                throw SignalError.invalidSetting(
                    operation: "Room", reason: "the high pass must lie under half the sample rate, not at \(highPass) Hz")
            }
            samples = Biquad.highPass(frequency: highPass, sampleRate: Double(sampleRate)).zeroPhase(samples)
        }
        return RoomResponse(
            samples: samples, sampleRate: sampleRate, directDelay: Double(AUDIOTOOL_DELAY_CENTRE) + directDelay)
    }

    /// Delay in samples and amplitude of every image that arrives by `limit`.
    private func arrivals(
        _ axes: [[Mirror]], samplesPerMetre: Double, limit: Double
    ) -> (delays: [Double], gains: [Float]) {
        let squaredLimit = (limit / samplesPerMetre) * (limit / samplesPerMetre) * (1 + 1e-12)
        var delays: [Double] = [], gains: [Float] = []
        axes[2].withUnsafeBufferPointer { heights in
            for x in axes[0] {
                for y in axes[1] where x.order + y.order <= maximumOrder {
                    let squared = x.squaredDistance + y.squaredDistance
                    guard squared <= squaredLimit else { continue }
                    let gain = x.gain * y.gain
                    let rest = maximumOrder - x.order - y.order
                    for index in maximumOrder - rest...maximumOrder + rest {
                        let total = squared + heights[index].squaredDistance
                        guard total <= squaredLimit else { continue }
                        let distance = total.squareRoot()
                        delays.append(distance * samplesPerMetre)
                        gains.append(Float(gain * heights[index].gain / distance))
                    }
                }
            }
        }
        return (delays, gains)
    }
}
