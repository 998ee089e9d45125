import AudioDSP
import CKernels
import Foundation

/// Sums wave fronts that reach the head from many directions, each with its own fractional delay.
///
/// Fronts are gathered as moments of their fractional delay, and one set of filters renders all of them at the end.
struct BinauralArrivals {
    private static let moments = Int(AUDIOTOOL_ARRIVAL_MOMENTS)
    /// Samples before the first arrival, for the ear that hears it before the head's middle does.
    private static let margin = 32

    private let head: HeadRelatedResponses
    private let frames: Int
    private let longestDelay: Double
    /// `[ears][frames, moments]`
    private var gathered: [[Float]]

    /// - Parameter longestDelay: In samples; later fronts are left out.
    init(head: HeadRelatedResponses, longestDelay: Double) {
        self.head = head
        self.longestDelay = longestDelay
        frames = Int(longestDelay) + 2 * Self.margin + head.tapCount + 1
        gathered = Array(repeating: [Float](repeating: 0, count: frames * Self.moments), count: head.earCount)
    }

    /// Adds a front that passes the head's middle after `delay` samples.
    ///
    /// - Parameter blending: Whether measurements around the direction are blended; else one near it is taken, which is
    ///   faster and does for reflections.
    mutating func add(from direction: Direction, delay: Double, gain: Float, blending: Bool = false) {
        guard (0...longestDelay).contains(delay), gain != 0 else { return }
        if blending {
            for (ear, response) in head.blendedEars(direction).enumerated() {
                response.taps.withUnsafeBufferPointer { gather($0.baseAddress!, response.delay + delay, gain, ear) }
            }
        } else {
            head.withNearestEars(direction) { ear, taps, earDelay in gather(taps, earDelay + delay, gain, ear) }
        }
    }

    private mutating func gather(_ taps: UnsafePointer<Float>, _ delay: Double, _ gain: Float, _ ear: Int) {
        let position = delay + Double(Self.margin)
        guard position >= 0, position < Double(frames - head.tapCount) else { return }
        audiotool_gather_filtered_arrival(position, gain, taps, head.tapCount, &gathered[ear])
    }

    /// The sum, with the front of delay `start`, rounded, at sample ``BinauralResponse/lead``.
    func response(start: Double) -> BinauralResponse {
        let rendered = gathered.map { moments in
            var output = [Float](repeating: 0, count: frames + Int(AUDIOTOOL_ARRIVAL_ROOM))
            audiotool_render_arrivals(moments, frames, &output)
            return output
        }
        let shift = Self.margin + AlignedResponse.lead + Int(AUDIOTOOL_ARRIVAL_CENTRE) + Int(start.rounded()) - BinauralResponse.lead
        let ears = rendered.map { samples in
            shift >= 0 ? Array(samples.dropFirst(shift)) : [Float](repeating: 0, count: -shift) + samples
        }
        return BinauralResponse(ears: ears)
    }
}
