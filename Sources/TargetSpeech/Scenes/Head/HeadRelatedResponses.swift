import AudioDSP
import Foundation

/// What reaches the ears of one head, at 16 kHz, from any direction.
///
/// ```swift
/// let head = try HeadRelatedResponses(loading: "kemar.sofa")
/// let response = head.response(from: Direction(azimuth: 30))      // two ears, the left one first
/// let heard = try response.render(speech)
/// ```
/// Between measured directions the nearest two (on a circle) or three are blended, responses and delays apart, so that no
/// comb filter arises. A set that was measured in the horizontal plane only answers other directions with the nearest there.
public struct HeadRelatedResponses: Sendable {
    /// In Hz; what files hold at other rates is converted.
    public static let sampleRate = 16_000

    /// The file's name without its ending.
    public let name: String
    /// In the file's order; no direction twice.
    public let directions: [Direction]
    /// Whether all directions lie within a degree of one plane through the ears.
    public let isHorizontal: Bool
    /// Two, or one for a microphone without a head.
    public let earCount: Int
    /// The sound field of many directions at once.
    let diffuseField: DiffuseField

    let tapCount: Int
    /// `[directions, ears, taps]`
    private let taps: [Float]
    /// `[directions, ears]`: samples by which sound arrives later than at the head's middle.
    private let delays: [Double]
    private let grid: DirectionGrid

    /// Reads a SOFA file, or a folder of recordings called `azi_A_ele_E_….wav`.
    ///
    /// - Throws: `SceneError.unusableResponses`.
    public init(loading path: String) throws {
        let measurements = FileManager.default.isFolder(path)
            ? try ResponseFolder.measurements(in: path) : try SOFAFile(reading: path).measurements()
        let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        do {
            try self.init(name: name, measurements: measurements)
        } catch let error as SignalError {
            throw SceneError.unusableResponses(path: path, reason: error.localizedDescription)
        }
    }

    /// A single microphone that hears all directions alike.
    public static let omnidirectional: HeadRelatedResponses = {
        var taps = [Float](repeating: 0, count: AlignedResponse.lead + 1)
        taps[AlignedResponse.lead] = 1
        return HeadRelatedResponses(
            name: "microphone", directions: [.front], ears: 1, taps: taps, tapCount: taps.count, delays: [0])
    }()

    init(name: String, measurements: [MeasuredResponse]) throws {
        var seen: Set<Direction> = []
        let measurements = Self.leftFirst(measurements.filter { seen.insert($0.direction).inserted })
        let ears = try measurements.map { item in
            [
                try AlignedResponse(item.left, sampleRate: item.sampleRate, delay: item.delays.left),
                try AlignedResponse(item.right, sampleRate: item.sampleRate, delay: item.delays.right),
            ]
        }
        let count = ears.reduce(0) { max($0, $1[0].taps.count, $1[1].taps.count) }
        // What all directions have in common is the way to the head's middle.
        let middle = ears.reduce(0.0) { $0 + $1[0].onset + $1[1].onset } / Double(max(1, 2 * ears.count))
        let padded = ears.flatMap { $0.flatMap { $0.taps + [Float](repeating: 0, count: count - $0.taps.count) } }
        // Files differ in their gain: in front, the mean energy of the ears is one.
        let directions = measurements.map(\.direction)
        let front = directions.indices.min { directions[$0].angle(to: .front) < directions[$1].angle(to: .front) } ?? 0
        let energy = Level.energy(Array(padded[(2 * front * count)..<(2 * (front + 1) * count)])) / 2
        self.init(
            name: name, directions: directions, ears: 2, taps: Level.scaled(padded, by: 1 / energy.squareRoot()), tapCount: count,
            delays: ears.flatMap { [$0[0].onset - middle, $0[1].onset - middle] })
    }

    /// The ears in order, by what they hear rather than by what a file says of them (some have the signs of their
    /// receivers' positions wrong): sources at the left are louder at the left ear.
    private static func leftFirst(_ measurements: [MeasuredResponse]) -> [MeasuredResponse] {
        let balance = measurements.reduce(0.0) { sum, item in
            sum + item.direction.vector.y * (Level.energy(item.left) - Level.energy(item.right))
        }
        guard balance < 0 else { return measurements }
        return measurements.map { item in
            var item = item
            swap(&item.left, &item.right)
            item.delays = (item.delays.right, item.delays.left)
            return item
        }
    }

    private init(name: String, directions: [Direction], ears: Int, taps: [Float], tapCount: Int, delays: [Double]) {
        (self.name, self.directions, earCount) = (name, directions, ears)
        (self.taps, self.tapCount, self.delays) = (taps, tapCount, delays)
        isHorizontal = directions.allSatisfy { abs($0.elevation) <= 1 }
        grid = DirectionGrid(directions, isHorizontal: isHorizontal)
        diffuseField = DiffuseField(taps: taps, tapCount: tapCount, delays: delays, ears: ears)
    }

    /// The impulse response from a direction, far from everything else.
    public func response(from direction: Direction) -> BinauralResponse {
        var arrivals = BinauralArrivals(head: self, longestDelay: 0)
        arrivals.add(from: direction, delay: 0, gain: 1, blending: true)
        return arrivals.response(start: 0)
    }

    /// Taps and delay (in samples after the head's middle) of each ear, blended from the measurements around.
    func blendedEars(_ direction: Direction) -> [(taps: [Float], delay: Double)] {
        let parts = grid.around(direction)
        return (0..<earCount).map { ear in
            var sum = [Float](repeating: 0, count: tapCount), delay = 0.0
            for (index, weight) in parts {
                let place = index * earCount + ear
                for tap in 0..<tapCount { sum[tap] += weight * taps[place * tapCount + tap] }
                delay += Double(weight) * delays[place]
            }
            return (sum, delay)
        }
    }

    /// Calls `body` with the taps and the delay of the measurement near a direction, one ear after the other.
    func withNearestEars(_ direction: Direction, _ body: (Int, UnsafePointer<Float>, Double) -> Void) {
        let index = grid.near(direction)
        taps.withUnsafeBufferPointer { taps in
            for ear in 0..<earCount {
                let place = index * earCount + ear
                body(ear, taps.baseAddress! + place * tapCount, delays[place])
            }
        }
    }
}
