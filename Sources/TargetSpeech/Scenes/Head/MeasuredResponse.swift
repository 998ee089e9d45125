/// The response of both ears to sound from one direction, as a file holds it.
struct MeasuredResponse: Sendable {
    var direction: Direction
    var left: [Float]
    var right: [Float]
    /// In Hz.
    var sampleRate: Int
    /// Samples that come before the responses; SOFA files keep them apart.
    var delays: (left: Double, right: Double) = (0, 0)
}
