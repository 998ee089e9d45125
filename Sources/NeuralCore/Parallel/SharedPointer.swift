/// A pointer that several threads use at once, on ranges that do not overlap.
struct SharedPointer: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>

    init(_ pointer: UnsafeMutablePointer<Float>) { self.pointer = pointer }

    static func + (base: SharedPointer, offset: Int) -> UnsafeMutablePointer<Float> { base.pointer + offset }
}
