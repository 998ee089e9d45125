import NeuralCore

/// Where a head hears sources: a free field, a simulated room, or a measured one.
///
/// A response is the sum of an early part, which follows the source's direction, and a late one, which comes from
/// everywhere and stays when the source moves.
public protocol BinauralSpace: Sendable {
    var head: HeadRelatedResponses { get }
    /// Seconds for a decay by 60 dB; 0 in a free field.
    var reverberationTime: Double { get }

    /// The largest distance in metres at which a source can be in a direction.
    func reach(toward direction: Direction) -> Double

    /// Direct sound and early reflections.
    ///
    /// - Parameter distance: From the head's middle in metres, above 0 and at most `reach(toward:)`.
    func early(from direction: Direction, distance: Double) throws -> BinauralResponse

    /// The diffuse tail of one source; each draw is another realisation of the same decay. Nil where there is none.
    func late(distance: Double, using random: inout Philox) throws -> BinauralResponse?
}

extension BinauralSpace {
    /// The whole response to a source that does not move.
    public func response(
        from direction: Direction, distance: Double, using random: inout Philox
    ) throws -> BinauralResponse {
        let early = try early(from: direction, distance: distance)
        return try late(distance: distance, using: &random).map { early + $0 } ?? early
    }
}

/// Nothing that reflects.
public struct FreeField: BinauralSpace {
    public let head: HeadRelatedResponses
    public var reverberationTime: Double { 0 }

    public init(head: HeadRelatedResponses) { self.head = head }

    public func reach(toward direction: Direction) -> Double { .infinity }

    public func early(from direction: Direction, distance: Double) -> BinauralResponse { head.response(from: direction) }

    public func late(distance: Double, using random: inout Philox) -> BinauralResponse? { nil }
}
