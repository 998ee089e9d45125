/// Arithmetic of a 16-bit signal processor on 32-bit values.
extension Int32 {
    /// The low 16 bits as a signed number.
    var wrapped16: Int32 { Int32(Int16(truncatingIfNeeded: self)) }

    /// The left shifts after which the sign bit would change; 0 for zero.
    var headRoom: Int32 {
        self == 0 ? 0 : Int32((self < 0 ? ~self : self).leadingZeroBitCount) - 1
    }

    /// The bits that a positive number takes.
    var significantBits: Int32 { Int32(32 - leadingZeroBitCount) }
}
