import AudioDSP
import Foundation

/// Renders a source that moves: the sound is cut into overlapping pieces, one for each direction of the path, and each is
/// heard through the early response of its direction. Neighbouring pieces cross-fade.
struct MovingSource {
    let space: any BinauralSpace
    /// Metres from the head, less where a wall is nearer.
    let distance: Double
    /// One direction for every 25 ms; the last one holds for what follows.
    let path: [Direction]

    /// - Parameter late: The response that does not move.
    /// - Returns: `[ears][signal.count]`
    func render(_ signal: [Float], late: BinauralResponse?) throws -> [[Float]] {
        let hop = Int(Motion.frameSeconds * Double(HeadRelatedResponses.sampleRate))
        var output = try late?.render(signal) ?? space.head.silence(count: signal.count)
        let frames = signal.count / hop + 1
        var last: (direction: Direction, response: BinauralResponse)?
        for frame in 0..<frames {
            let direction = path[min(frame, path.count - 1)]
            let start = (frame - 1) * hop
            let range = max(0, start)..<min(signal.count, start + 2 * hop)
            guard !range.isEmpty else { continue }
            let response: BinauralResponse
            if let last, last.direction == direction {
                response = last.response
            } else {
                response = try space.early(from: direction, distance: min(distance, space.reach(toward: direction)))
                last = (direction, response)
            }
            let piece = range.map { index -> Float in
                // Raised cosines, which sum to one; before the first middle the first direction holds alone.
                let place = Double(index - start) / Double(hop)
                let isEdge = (frame == 0 && place < 1) || (frame == frames - 1 && place > 1)
                return signal[index] * (isEdge ? 1 : Float(0.5 - 0.5 * cos(.pi * place)))
            }
            for (ear, taps) in response.ears.enumerated() {
                let rendered = try Convolution.convolve(piece, with: taps)
                let count = min(rendered.count, signal.count - range.lowerBound)
                for index in 0..<count { output[ear][range.lowerBound + index] += rendered[index] }
            }
        }
        return output
    }
}

extension HeadRelatedResponses {
    func silence(count: Int) -> [[Float]] { Array(repeating: [Float](repeating: 0, count: count), count: earCount) }
}
