/// A network that hears an example of a voice and gives the vector that stands for it.
public protocol EnrollmentEncoder: Sendable {
    /// Which weights make the vectors; a voice is of use only to an extractor that was trained with these.
    var model: Voice.Model { get }
    /// Values in a vector.
    var vectorSize: Int { get }
    /// The cosines between vectors of two strangers, at the lower end, and of one person, at the upper end.
    var cosineRange: ClosedRange<Double> { get }

    /// The vector of an example at 16 kHz: one channel, or the left and the right ear, as
    /// `EnrollmentInput` prepares it.
    func vector(of channels: [[Float]]) throws -> [Float]
}

extension EnrollmentEncoder {
    /// The medians of d-vectors of clean speech: of different speakers, and of parts of 1.5 s of one recording.
    public var cosineRange: ClosedRange<Double> { 0.5...0.75 }
}
